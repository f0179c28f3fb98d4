"""From incidents to an alert: raised once, known to those it may be known to, decided on."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from services.command.clients import GridClient
from services.command.domain.alert import Decision
from services.command.service import CommandService
from services.command.store.sightings import SqlSightings
from services.command.store.tables import ground_table
from services.command.wiring import learn_ground, raise_alerts
from shared.kernel.actor import Actor
from shared.kernel.clock import china_now
from shared.kernel.errors import Forbidden, Invalid, NotFound, RuleBroken
from shared.kernel.rights import Role
from shared.runtime.call import Call
from shared.runtime.identity import identity_of
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import Outbox
from shared.runtime.tables import outbox
from shared.runtime.work import Work
from tests.builders.actor import a_duty_officer, a_grid_member
from tests.component.command.walking import report
from tests.component.district import CELLS, COMMUNITIES, Grid
from tests.component.running import Running

OFFICER = a_duty_officer()
CONTACT = {"name": "赵敏", "phone": "13812345678"}
ACCUSED = Actor.of("accused", Role.DUTY_OFFICER, place_code="420802", unit="accused-bureau")


@pytest.fixture
def round_of(district: Running) -> Iterator[Callable[..., int]]:
    """Give a way to do a round of early warning, as the timer does, now or some time later."""
    with closing(Work(district.database("command"))) as work:

        def done(later: timedelta = timedelta()) -> int:
            def clock() -> datetime:
                return china_now() + later

            call, neighbours = Call(), neighbours_of(district)
            learn_ground(work, neighbours)()
            work.keep()
            raise_ = raise_alerts(
                work, neighbours, Outbox(work, call), district.settings, clock=clock
            )
            raised = raise_().raised
            work.keep()
            return raised

        yield done


def neighbours_of(running: Running) -> Neighbours:
    return Neighbours(running.settings, identity_of(running.settings, "command"), Call())


def alerts(running: Running, actor: Actor = OFFICER, **where: Any) -> list[dict[str, Any]]:
    page = running.ask("command", "alerts", actor=actor, where=where)
    items: list[dict[str, Any]] = page["items"]
    return items


def decide(
    running: Running, alert: dict[str, Any], decision: str, actor: Actor = OFFICER, **order: Any
) -> dict[str, Any]:
    decided: dict[str, Any] = running.ask(
        "command",
        "decide_alert",
        actor=actor,
        alert_id=alert["id"],
        decision=decision,
        order=order,
    )
    return decided


class TestARound:
    def test_flags_each_matter_of_category_13_once(
        self, district: Running, catch_up: Callable[[], None], round_of: Callable[..., int]
    ) -> None:
        opened = report(district, CELLS[0], actor=OFFICER, category="13")
        catch_up()

        raised = round_of(), round_of()

        assert raised == (1, 0)
        [alert] = alerts(district)
        assert alert["kind"] == "early_sign"
        assert alert["state"] == "raised"
        assert alert["evidence"]["matter_nos"] == [opened["matter_no"]]
        assert alert["owner"] == {"place": COMMUNITIES[0], "account": None}

    def test_tells_of_an_alert_over_the_bus(
        self, district: Running, catch_up: Callable[[], None], round_of: Callable[..., int]
    ) -> None:
        opened = report(district, CELLS[0], actor=OFFICER, category="13")
        catch_up()

        round_of()
        round_of()

        told = [
            row.payload
            for row in district.rows("command", outbox)
            if row.event_type == "command.alert.raised.v1"
        ]
        assert [each["matter_nos"] for each in told] == [[opened["matter_no"]]]
        assert told[0]["areas"] == [CELLS[0][:6], CELLS[0][:9], CELLS[0][:12], CELLS[0]]

    def test_finds_an_address_from_which_the_same_is_reported_again(
        self, district: Running, catch_up: Callable[[], None], round_of: Callable[..., int]
    ) -> None:
        numbers = [
            report(district, CELLS[2], actor=OFFICER, category="01")["matter_no"] for _ in range(3)
        ]
        catch_up()

        round_of()

        [alert] = alerts(district, kind=["repeat_address"])
        assert alert["category"] == "01"
        assert alert["evidence"]["matter_nos"] == sorted(numbers)
        assert alert["evidence"]["figures"]["count"] == 3

    def test_finds_who_complains_again_and_never_says_who(
        self, district: Running, catch_up: Callable[[], None], round_of: Callable[..., int]
    ) -> None:
        numbers = [
            report(district, cell, actor=OFFICER, contact=CONTACT)["matter_no"]
            for cell in (CELLS[0], CELLS[3], CELLS[7])
        ]
        report(district, CELLS[1], actor=OFFICER, contact=CONTACT, anonymous=True)
        report(
            district,
            CELLS[1],
            actor=OFFICER,
            contact=CONTACT,
            closed_to={"units": ["accused-bureau"]},
        )
        catch_up()

        round_of()

        [alert] = alerts(district, kind=["repeat_complainant"])
        assert alert["evidence"]["matter_nos"] == sorted(numbers)
        assert alert["areas"] == ["420802"]
        assert CONTACT["phone"] not in repr(alert)

    def test_keeps_the_cells_of_a_boundary_and_asks_for_them_once(
        self, district: Running, round_of: Callable[..., int]
    ) -> None:
        round_of()
        round_of()

        [ground] = district.rows("command", select(ground_table))
        assert ground.cells == list(CELLS)
        assert len(ground.borders) == len(CELLS) - 1

    def test_looks_at_what_was_reported_under_the_last_boundary_where_it_lies_now(
        self,
        district: Running,
        catch_up: Callable[[], None],
        round_of: Callable[..., int],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        catch_up()
        round_of()
        monkeypatch.setattr(Grid, "version", 2)
        monkeypatch.setattr(Grid, "cells", list(reversed(CELLS)))

        round_of()

        [ground] = district.rows("command", select(ground_table))
        assert (ground.version, ground.cells) == (2, list(reversed(CELLS)))
        with closing(Work(district.database("command"))) as work:
            registry = GridClient(neighbours_of(district))
            sightings = SqlSightings(work, registry)
            now = china_now()
            observed = sightings.observed(sightings.ground(), now - timedelta(days=1), now)
        assert sorted(observed.cell.tolist()) == list(range(len(CELLS)))
        assert observed.cell.tolist() == sorted(observed.cell.tolist(), reverse=True)

    def test_does_with_the_ground_it_knows_while_the_registry_is_away(
        self, running: Running, migrated: None
    ) -> None:
        running.start(CommandService)
        with closing(Work(running.database("command"))) as work:
            learn = learn_ground(work, neighbours_of(running))

            assert learn() is False

    def test_raises_what_comes_back_after_it_was_gone_long_enough(
        self, district: Running, catch_up: Callable[[], None], round_of: Callable[..., int]
    ) -> None:
        report(district, CELLS[0], actor=OFFICER, category="13")
        catch_up()

        assert [round_of(timedelta(days=days)) for days in (0, 6, 12, 20)] == [1, 0, 0, 1]


class TestWhoMayKnow:
    def test_knows_only_who_reaches_all_of_it(
        self, district: Running, catch_up: Callable[[], None], round_of: Callable[..., int]
    ) -> None:
        report(district, CELLS[0], actor=OFFICER, category="13")
        catch_up()
        round_of()

        seen = {
            place: len(alerts(district, a_duty_officer(place_code=place)))
            for place in ("420802", CELLS[0][:9], CELLS[0][:12], COMMUNITIES[1], CELLS[1])
        }

        assert seen == {
            "420802": 1,
            CELLS[0][:9]: 1,
            CELLS[0][:12]: 1,
            COMMUNITIES[1]: 0,
            CELLS[1]: 0,
        }
        with pytest.raises(Forbidden):
            alerts(district, a_grid_member())

    def test_has_nothing_of_what_is_closed_to_him(
        self, district: Running, catch_up: Callable[[], None], round_of: Callable[..., int]
    ) -> None:
        closed = {"units": ["accused-bureau"]}
        report(district, CELLS[0], actor=OFFICER, category="13", closed_to=closed)
        catch_up()
        round_of()

        [alert] = alerts(district)

        assert alerts(district, ACCUSED) == []
        precision = district.ask("command", "alert_precision", actor=ACCUSED, where={})
        assert {item["raised"] for item in precision} == {0}
        with pytest.raises(NotFound):
            district.ask("command", "alert", actor=ACCUSED, alert_id=alert["id"])
        with pytest.raises(NotFound):
            decide(district, alert, "confirm", ACCUSED)
        [told] = [
            row.payload
            for row in district.rows("command", outbox)
            if row.event_type == "command.alert.raised.v1"
        ]
        assert told["compartment"]["units"] == ["accused-bureau"]

    def test_loses_what_is_closed_to_him_later_and_statistics_never_count_it(
        self, district: Running, catch_up: Callable[[], None], round_of: Callable[..., int]
    ) -> None:
        opened = [report(district, CELLS[2], actor=OFFICER, category="01") for _ in range(4)]
        catch_up()
        round_of()
        assert len(alerts(district, ACCUSED)) == 1
        order = {"units": ["accused-bureau"], "reason": "被举报单位回避"}
        district.ask(
            "patrol", "close_off_incident", actor=OFFICER, incident_id=opened[0]["id"], order=order
        )
        catch_up()

        between = alerts(district, ACCUSED)
        round_of()

        assert between == []
        [after] = alerts(district, ACCUSED)
        assert after["evidence"]["matter_nos"] == sorted(each["matter_no"] for each in opened[1:])
        assert after["evidence"]["figures"]["count"] == 3


class TestDeciding:
    @pytest.fixture
    def alert(
        self, district: Running, catch_up: Callable[[], None], round_of: Callable[..., int]
    ) -> dict[str, Any]:
        report(district, CELLS[0], actor=OFFICER, category="13")
        catch_up()
        round_of()
        [alert] = alerts(district)
        return alert

    def test_is_written_with_who_and_when_and_why(
        self, district: Running, alert: dict[str, Any]
    ) -> None:
        decided = decide(district, alert, "dismiss", note="查无实据")

        assert decided["state"] == "dismissed"
        assert (decided["decided_by"], decided["note"]) == ("desk", "查无实据")
        assert decided["decided_at"] is not None

    def test_takes_a_reason_to_dismiss(self, district: Running, alert: dict[str, Any]) -> None:
        with pytest.raises(Invalid):
            decide(district, alert, "dismiss", note=" ")

    def test_follows_from_the_state(self, district: Running, alert: dict[str, Any]) -> None:
        decide(district, alert, "confirm")
        with pytest.raises(RuleBroken):
            decide(district, alert, "confirm")
        decide(district, alert, "dismiss", note="误报")
        for decision in Decision:
            with pytest.raises(RuleBroken):
                decide(district, alert, decision, note="再", account="chen")

    def test_hands_over_within_its_place(self, district: Running, alert: dict[str, Any]) -> None:
        street = CELLS[0][:9]

        handed = decide(district, alert, "hand-over", place=street, account="chen")

        assert handed["owner"] == {"place": street, "account": "chen"}
        assert handed["state"] == "raised"
        orders: list[dict[str, Any]] = [{}, {"place": COMMUNITIES[3]}, {"place": CELLS[0]}]
        for order in orders:
            with pytest.raises(Invalid):
                decide(district, alert, "hand-over", **order)

    def test_is_not_forgotten_by_the_next_round(
        self, district: Running, alert: dict[str, Any], round_of: Callable[..., int]
    ) -> None:
        decide(district, alert, "dismiss", note="误报")

        assert round_of() == 0
        assert alerts(district, state=["raised"]) == []

    def test_is_done_once_however_often_it_is_sent(
        self, district: Running, alert: dict[str, Any]
    ) -> None:
        asked = {"alert_id": alert["id"], "decision": "confirm", "order": {}}

        answers = [
            district.ask("command", "decide_alert", actor=OFFICER, key="desk:k1", **asked)
            for _ in range(2)
        ]

        assert answers[0] == answers[1]

    def test_makes_the_precision(
        self,
        district: Running,
        alert: dict[str, Any],
        catch_up: Callable[[], None],
        round_of: Callable[..., int],
    ) -> None:
        for cell in CELLS[1:4]:
            report(district, cell, actor=OFFICER, category="13")
        catch_up()
        round_of()
        first, second, third, _ = alerts(district)
        decide(district, first, "confirm")
        decide(district, second, "confirm")
        decide(district, third, "dismiss", note="误报")

        said = district.ask("command", "alert_precision", actor=OFFICER, where={})

        by_kind = {item["kind"]: item for item in said}
        assert by_kind["early_sign"] == {
            "kind": "early_sign",
            "raised": 1,
            "confirmed": 2,
            "dismissed": 1,
            "precision": pytest.approx(2 / 3),
        }
        assert by_kind["burst"]["precision"] is None


class TestAPage:
    def test_goes_on_where_the_last_one_ended(
        self, district: Running, catch_up: Callable[[], None], round_of: Callable[..., int]
    ) -> None:
        for cell in CELLS[:5]:
            report(district, cell, actor=OFFICER, category="13")
        catch_up()
        round_of()

        seen, cursor = [], None
        while True:
            page = district.ask(
                "command", "alerts", actor=OFFICER, where={}, limit=2, cursor=cursor
            )
            seen += [item["id"] for item in page["items"]]
            if (cursor := page["next_cursor"]) is None:
                break

        assert len(seen) == 5
        assert seen == sorted(seen, reverse=True)

    def test_holds_what_is_asked_for(
        self, district: Running, catch_up: Callable[[], None], round_of: Callable[..., int]
    ) -> None:
        report(district, CELLS[0], actor=OFFICER, category="13")
        report(district, CELLS[7], actor=OFFICER, category="13")
        catch_up()
        round_of()

        counts = [
            len(alerts(district, **where))
            for where in (
                {"place": "420802"},
                {"place": CELLS[0][:12]},
                {"place": CELLS[0]},
                {"kind": ["burst"]},
                {"owner": CELLS[7][:12]},
                {"category": "13"},
                {"raised_to": "2020-01-01T00:00:00+08:00"},
            )
        ]

        assert counts == [2, 1, 1, 0, 1, 2, 0]
