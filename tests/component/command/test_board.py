"""The board counts what there is, at every place, in every period, for those who reach it."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import eventlet
import pytest
from sqlalchemy import func, select

from services.command.domain.matter import Matter, moved_by, opened_by
from services.command.domain.period import Period
from services.command.queries import board as queries
from services.command.store.boards import add_up
from services.command.store.read_models import SqlReadModels
from services.command.wiring import add_up_boards
from services.patrol.domain.incident import OPEN_STATES, State
from services.patrol.store.tables import incident_table
from shared.kernel.actor import WHOLE_TREE
from shared.kernel.clock import CHINA
from shared.kernel.errors import Invalid, NotFound
from shared.runtime.work import Work
from tests.builders.actor import a_citizen, a_duty_officer
from tests.builders.place import outside
from tests.builders.told import a_step_taken, an_incident_reported
from tests.component.command.conftest import board_of
from tests.component.command.walking import Walkers, report, take
from tests.component.district import (
    CELLS,
    COMMUNITIES,
    DISTRICT,
    STREETS,
    place_of_cell,
)
from tests.component.running import EVERYBODY, Running

EVERYWHERE = a_duty_officer(place_code=WHOLE_TREE)
EVERY_PLACE = (WHOLE_TREE, DISTRICT, *STREETS, *COMMUNITIES, *CELLS)
OPEN = {state.value for state in OPEN_STATES}


def counted(running: Running, place: str) -> dict[str, Any]:
    """Count patrol's incidents as plainly as can be."""
    incident = incident_table.c
    levels = {6: "district", 9: "street", 12: "community", 15: "cell"}
    under = [] if place == WHOLE_TREE else [incident[f"{levels[len(place)]}_code"] == place]
    by_state, by_category = (
        dict(running.rows("patrol", select(column, func.count()).where(*under).group_by(column)))
        for column in (incident.state, incident.category)
    )
    return {
        "by_state": by_state,
        "by_category": by_category,
        "total": sum(by_state.values()),
        "open": sum(count for state, count in by_state.items() if state in OPEN),
    }


class TestBoard:
    def test_counts_what_a_plain_count_of_the_incidents_gives(
        self, district: Running, catch_up: Callable[[], None]
    ) -> None:
        walks = [eventlet.spawn(Walkers(district, seed).walk, 80) for seed in range(4)]
        for walk in walks:
            walk.wait()
        catch_up()

        for place in EVERY_PLACE:
            board = board_of(district, place=place, period="all")
            plain = counted(district, place)
            assert {name: board[name] for name in plain} == plain
            assert board["open_in_all"] == plain["open"]
            assert board["total"] > 0

    def test_shows_the_areas_under_a_place(
        self, district: Running, catch_up: Callable[[], None]
    ) -> None:
        report(district, CELLS[0], actor=a_citizen())
        catch_up()

        board = board_of(district, place=STREETS[0], period="today")

        assert board["place"] == {
            "code": STREETS[0],
            "name": f"area {STREETS[0]}",
            "level": "street",
        }
        assert [child["code"] for child in board["children"]] == list(COMMUNITIES[:2])
        assert [child["total"] for child in board["children"]] == [3, 2]
        assert board["total"] == 5
        assert board["by_category"] == {"05": 5}

    def test_moves_a_matter_from_state_to_state(
        self, district: Running, catch_up: Callable[[], None]
    ) -> None:
        opened = report(district, CELLS[0], actor=a_citizen(), category="06")
        take(district, opened["id"], "cancel", a_duty_officer())
        catch_up()

        board = board_of(district, place=CELLS[0], period="today")

        assert board["by_state"] == {"reported": 1, "cancelled": 1}
        assert (board["total"], board["open"], board["open_in_all"]) == (2, 1, 1)

    def test_of_an_actor_is_of_his_own_place_when_he_names_none(
        self, district: Running, catch_up: Callable[[], None]
    ) -> None:
        catch_up()

        board = board_of(district, actor=a_duty_officer(place_code=COMMUNITIES[1]))

        assert (board["place"]["code"], board["total"]) == (COMMUNITIES[1], 2)
        assert board_of(district, actor=EVERYBODY)["place"]["code"] == WHOLE_TREE

    @pytest.mark.parametrize("place", [STREETS[1], CELLS[7], DISTRICT, WHOLE_TREE, "110101"])
    def test_is_not_for_those_who_do_not_reach_the_place(
        self, district: Running, catch_up: Callable[[], None], place: str
    ) -> None:
        catch_up()

        with pytest.raises(NotFound) as refusal:
            board_of(district, actor=a_duty_officer(place_code=STREETS[0]), place=place)

        assert refusal.value.code == "no_such_place"

    def test_is_not_for_a_citizen(self, district: Running) -> None:
        with pytest.raises(NotFound):
            board_of(district, actor=a_citizen())

    def test_of_a_place_where_nothing_happened_yet_is_empty_for_who_has_it(
        self, district: Running
    ) -> None:
        quiet = "420802009"

        board = board_of(district, actor=a_duty_officer(place_code=quiet))

        assert (board["total"], board["open"], board["children"]) == (0, 0, [])

    def test_of_a_period_nobody_understands_is_refused(self, district: Running) -> None:
        with pytest.raises(Invalid) as refusal:
            board_of(district, period="lately")

        assert [error.field for error in refusal.value.errors] == ["period"]


class TestPeriod:
    """Incidents of many days, put straight into the read models."""

    FIRST = date(2026, 3, 1)

    def matters(self, seed: int = 7) -> list[Matter]:
        chance = random.Random(seed)
        return [
            opened_by(
                an_incident_reported(
                    incident_id=f"i-{number}",
                    matter_no=f"P-{number}",
                    category=chance.choice(["05", "06"]),
                    place=chance.choice([place_of_cell(CELLS[number % 8]), outside()]),
                    reported_at=datetime(2026, 3, 1, 23, 59, 59, tzinfo=CHINA)
                    + timedelta(days=chance.randrange(75), seconds=chance.randrange(2)),
                )
            )
            for number in range(120)
        ]

    def test_holds_both_its_days_and_no_other(self, work: Work) -> None:
        models, chance = SqlReadModels(work), random.Random(3)
        now: dict[str, Matter] = {}
        with work.begin():
            for matter in self.matters():
                models.put(matter, before=None)
                now[matter.matter_no] = matter
            for number in range(300):
                if number == 200:
                    work.flush()
                    assert add_up(work.connection) > 300
                before = chance.choice(list(now.values()))
                state = chance.choice(list(State)).value
                told = a_step_taken(state=state, matter_no=before.matter_no)
                after = moved_by(before, told)
                models.put(after, before=before)
                now[before.matter_no] = after
        work.keep()

        for first in range(0, 80, 7):
            for days in (0, 1, 6, 31, 70):
                period = Period(
                    self.FIRST + timedelta(days=first), self.FIRST + timedelta(days=first + days)
                )
                for place in (WHOLE_TREE, DISTRICT, CELLS[2]):
                    board = queries.board_of(work.connection, {"code": place}, period, EVERYWHERE)
                    here = [
                        m
                        for m in now.values()
                        if place in m.counted_under and period.first <= m.reported_on <= period.last
                    ]
                    assert board["total"] == len(here)
                    states = {state: n for state, n in board["by_state"].items() if n}
                    assert states == Counter(m.state for m in here)
                    assert board["open"] == sum(m.state in OPEN for m in here)
        work.close()

    def test_says_the_same_before_and_after_its_notes_are_added_up(self, work: Work) -> None:
        models = SqlReadModels(work)
        with work.begin():
            for matter in self.matters():
                models.put(matter, before=None)
        work.keep()
        month = Period(date(2026, 3, 1), date(2026, 4, 20))
        noted = queries.board_of(work.connection, {"code": DISTRICT}, month, EVERYWHERE)

        add_up_boards(work)

        assert not queries.has_notes(work.connection)
        assert queries.board_of(work.connection, {"code": DISTRICT}, month, EVERYWHERE) == noted
        work.close()

    def test_does_not_end_what_is_open_in_all(self, work: Work) -> None:
        models = SqlReadModels(work)
        [matter, *_] = self.matters()
        with work.begin():
            models.put(replace(matter, place=place_of_cell(CELLS[0])), before=None)
        work.keep()
        far = Period(date(2020, 1, 1), date(2020, 1, 2))

        board = queries.board_of(work.connection, {"code": CELLS[0]}, far, EVERYWHERE)
        work.close()

        assert (board["total"], board["open_in_all"] >= 1) == (0, True)
