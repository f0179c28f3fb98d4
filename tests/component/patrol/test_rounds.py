"""Rounds of patrol through the doors of the service: planned, walked, followed by phones that are wrong."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import eventlet
import pytest
from pydantic_core import to_jsonable_python
from sqlalchemy import select, update

from services.patrol.queries import tracks
from services.patrol.round_wiring import forget_tracks, tell_missing_officers
from services.patrol.service import PatrolService
from services.patrol.store.round_tables import (
    alarm_table,
    check_in_table,
    position_table,
    round_table,
    track_table,
    walker_table,
)
from shared.kernel.actor import Actor
from shared.kernel.clock import china_now
from shared.kernel.errors import Forbidden, Invalid, NotFound, RuleBroken
from shared.kernel.rights import Role
from shared.runtime.audit import trail
from shared.runtime.call import Call
from shared.runtime.outbox import Outbox
from shared.runtime.tables import outbox
from shared.runtime.work import Work
from tests.builders.actor import a_citizen, a_duty_officer, a_grid_member
from tests.builders.patrol_round import HOUR, METRE, MINUTE, SECOND
from tests.component.district import CELLS, COMMUNITIES, Grid, a_point_in
from tests.component.running import Running

CELL = CELLS[0]
DESK, MEMBER = a_duty_officer(), a_grid_member(place_code=CELL)
ELSEWHERE = a_duty_officer("far", COMMUNITIES[-1])


@pytest.fixture
def patrolling(patrol: Running) -> Running:
    patrol.start(Grid, PatrolService, relays=False)
    return patrol


def gate(north_m: float = 0, **changed: Any) -> dict[str, Any]:
    point = a_point_in(CELL)
    return {"lon": point.lon, "lat": point.lat + north_m * METRE, "accuracy_m": 8} | changed


def planned(running: Running, actor: Actor = DESK, **changed: Any) -> dict[str, Any]:
    now = china_now()
    plan = {
        "place": CELL,
        "title": "夜间巡查",
        "officers": ["member"],
        "planned_from": now - HOUR,
        "planned_to": now + HOUR,
        "points": [{"location": gate(), "name": "东门"}],
        "least_minutes": 0,
    }
    found: dict[str, Any] = ask(running, "plan_round", actor, plan=plan | changed)
    return found


def begun(running: Running, *, ago: timedelta = 30 * MINUTE, **changed: Any) -> dict[str, Any]:
    """Return a round that its walker began some time ago, by a phone that is right."""
    plan = planned(running, **changed)
    now = china_now()
    return mark(running, plan, "start_round", at=now - ago, sent_at=now)


def ask(running: Running, door: str, actor: Actor, **arguments: Any) -> Any:
    return running.ask("patrol", door, actor=actor, **to_jsonable_python(arguments))


def mark(
    running: Running, of_round: dict[str, Any], door: str, actor: Actor = MEMBER, **said: Any
) -> dict[str, Any]:
    found: dict[str, Any] = ask(running, door, actor, round_id=of_round["id"], mark=said)
    return found


def points(
    seqs: Iterable[int], begin: datetime, *, step: timedelta = 10 * SECOND
) -> list[dict[str, Any]]:
    return [{"seq": n, "at": begin + n * step, **gate(n * 10)} for n in seqs]


def send(
    running: Running,
    of_round: dict[str, Any],
    sent: list[dict[str, Any]],
    actor: Actor = MEMBER,
    **batch: Any,
) -> dict[str, Any]:
    whole = {"sent_at": china_now(), "points": sent} | batch
    found: dict[str, Any] = ask(running, "take_track", actor, round_id=of_round["id"], batch=whole)
    return found


def check_in(
    running: Running, of_round: dict[str, Any], actor: Actor = MEMBER, **changed: Any
) -> dict[str, Any]:
    now = china_now()
    given = {"key": "c-1", "location": gate(), "at": now, "sent_at": now, "point": 1} | changed
    found: dict[str, Any] = ask(running, "check_in", actor, round_id=of_round["id"], given=given)
    return found


def track_of(
    running: Running, of_round: dict[str, Any], actor: Actor = DESK, **asked: Any
) -> list[dict[str, Any]]:
    question = {"reason": "核实巡查"} | asked
    answer = ask(running, "round_track", actor, round_id=of_round["id"], asked=question)
    return list(answer["tracks"])


def told(running: Running, about: str) -> list[Any]:
    wanted = select(outbox).where(outbox.c.aggregate_id == about).order_by(outbox.c.sequence)
    return list(running.rows("patrol", wanted))


def listed(running: Running, actor: Actor, **where: Any) -> list[str]:
    page = ask(running, "rounds", actor, where=where)
    return [item["id"] for item in page["items"]]


class TestRounds:
    def test_are_planned_walked_and_judged(self, patrolling: Running) -> None:
        of_round = begun(patrolling)
        assert check_in(patrolling, of_round)["valid"]

        ended = mark(patrolling, of_round, "finish_round")

        assert (ended["state"], ended["valid"], ended["points_reached"]) == ("finished", True, 1)
        assert ended["points"][0]["radius_m"] == 50
        assert [event.event_type for event in told(patrolling, of_round["id"])] == [
            "patrol.round.planned.v1",
            "patrol.round.started.v1",
            "patrol.check_in.made.v1",
            "patrol.round.finished.v1",
        ]
        for event in told(patrolling, of_round["id"]):
            assert not {"lon", "lat", "title"} & event.payload.keys()

    def test_begin_and_end_once_however_often_a_phone_says_so(self, patrolling: Running) -> None:
        of_round = begun(patrolling)
        again = mark(patrolling, of_round, "start_round")
        ended = [mark(patrolling, of_round, "finish_round") for _ in range(2)]

        assert again["started_at"] == of_round["started_at"]
        assert ended[0] == ended[1]
        assert len(told(patrolling, of_round["id"])) == 3

    def test_are_put_right_where_the_phone_is_hours_off(self, patrolling: Running) -> None:
        of_round, now, off = planned(patrolling), china_now(), 5 * HOUR
        at = now - 20 * MINUTE

        shown = mark(patrolling, of_round, "start_round", at=at - off, sent_at=now - off)

        began = datetime.fromisoformat(shown["started_at"])
        assert abs(began - at) < 5 * SECOND

    def test_are_for_those_named_and_for_the_desk_of_the_place(self, patrolling: Running) -> None:
        of_round = planned(patrolling)
        other = a_grid_member("other", CELL)

        with pytest.raises(Forbidden, match="not_your_round"):
            mark(patrolling, of_round, "start_round", other)
        with pytest.raises(NotFound, match="no_such_round"):
            mark(patrolling, of_round, "start_round", a_grid_member("far", COMMUNITIES[-1]))
        with pytest.raises(NotFound):
            ask(patrolling, "round", ELSEWHERE, round_id=of_round["id"])
        with pytest.raises(Forbidden):
            ask(
                patrolling,
                "cancel_round",
                MEMBER,
                round_id=of_round["id"],
                order={"reason": "雨"},
            )
        mark(patrolling, of_round, "start_round")
        # The desk ends what somebody forgot.
        assert mark(patrolling, of_round, "finish_round", DESK)["state"] == "finished"

    def test_of_ones_own_are_planned_by_a_member(self, patrolling: Running) -> None:
        own = planned(patrolling, MEMBER)
        with pytest.raises(Forbidden, match="only_own_routine"):
            planned(patrolling, MEMBER, officers=["other"])
        cancelled = ask(
            patrolling, "cancel_round", MEMBER, round_id=own["id"], order={"reason": "大雨"}
        )
        assert (cancelled["state"], cancelled["cancel_reason"]) == ("cancelled", "大雨")

    def test_at_no_place_are_refused(self, patrolling: Running) -> None:
        with pytest.raises(NotFound, match="no_such_area"):
            planned(patrolling, place="999999")
        with pytest.raises(Invalid) as refused:
            planned(patrolling, points=[{"location": {"lon": 31, "lat": 112}}])
        assert [error.field for error in refused.value.errors] == ["points.0.location.lat"]

    def test_keep_what_may_name_people_sealed(self, patrolling: Running) -> None:
        planned(patrolling)
        with patrolling.database("patrol").reading() as connection:
            raw = connection.exec_driver_sql("SELECT title, stops FROM patrol_round").one()
        assert "夜间".encode() not in bytes(raw[0])
        assert b"lon" not in bytes(raw[1])

    def test_are_listed_by_place_state_officer_and_time(self, patrolling: Running) -> None:
        first = planned(patrolling)["id"]
        running = begun(patrolling, officers=["member", "other"], kind="joint")["id"]
        far = planned(patrolling, place=CELLS[-1], officers=["far"], points=[])["id"]
        now = china_now()

        assert listed(patrolling, DESK) == [far, running, first]
        assert listed(patrolling, DESK, place=COMMUNITIES[0]) == [running, first]
        assert listed(patrolling, DESK, state=["running"]) == [running]
        assert listed(patrolling, DESK, officer="other", kind="joint") == [running]
        assert listed(patrolling, DESK, planned_from=now + 2 * HOUR) == []
        assert listed(patrolling, ELSEWHERE) == [far]
        assert listed(patrolling, a_grid_member("other", None)) == [running]
        assert listed(patrolling, Actor.of("desk", Role.DUTY_OFFICER)) == []
        page = ask(patrolling, "rounds", DESK, where={}, limit=2)
        rest = ask(patrolling, "rounds", DESK, where={}, limit=2, cursor=page["next_cursor"])
        assert [item["id"] for item in rest["items"]] == [first]
        with pytest.raises(Forbidden):
            listed(patrolling, a_citizen())


class TestTracks:
    def test_are_kept_once_in_whatever_order_and_however_often_they_come(
        self, patrolling: Running
    ) -> None:
        of_round = begun(patrolling)
        begin = china_now() - 20 * MINUTE
        whole = points(range(30), begin)

        late = send(patrolling, of_round, whole[20:])
        early = send(patrolling, of_round, whole[:12])
        again = send(patrolling, of_round, list(reversed(whole[5:25])) + whole[5:6])
        nothing = send(patrolling, of_round, whole)

        assert [late["accepted"], early["accepted"], again["accepted"]] == [10, 12, 8]
        assert (again["repeated"], nothing["accepted"]) == (13, 0)
        [track] = track_of(patrolling, of_round)
        assert [point[0] for point in track["points"]] == list(range(30))
        assert track["length_m"] == pytest.approx(290, rel=0.02)

    def test_that_come_several_times_at_once_are_kept_once(self, patrolling: Running) -> None:
        of_round = begun(patrolling)
        whole = points(range(20), china_now() - 20 * MINUTE)

        tries = [
            eventlet.spawn(send, patrolling, of_round, whole[first : first + 15])
            for first in (0, 5, 0, 5)
        ]

        assert sum(each.wait()["accepted"] for each in tries) == 20
        [track] = track_of(patrolling, of_round)
        assert len(track["points"]) == 20

    def test_too_long_for_one_answer_are_asked_for_by_officer(
        self, patrolling: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        of_round = begun(patrolling)
        send(patrolling, of_round, points(range(3), china_now() - 20 * MINUTE))
        monkeypatch.setattr(tracks, "MOST_SHOWN", 2)

        with pytest.raises(RuleBroken, match="name_an_officer"):
            track_of(patrolling, of_round)
        assert len(track_of(patrolling, of_round, officer="member")) == 1

    def test_of_two_phones_are_two(self, patrolling: Running) -> None:
        of_round, begin = begun(patrolling), china_now() - 20 * MINUTE
        send(patrolling, of_round, points(range(3), begin))
        assert send(patrolling, of_round, points(range(3), begin), device="b")["accepted"] == 3
        assert [track["device"] for track in track_of(patrolling, of_round)] == ["b", "phone"]

    def test_by_a_wrong_clock_are_put_right_and_both_times_are_kept(
        self, patrolling: Running
    ) -> None:
        of_round, now, off = begun(patrolling), china_now(), timedelta(days=3000)
        begin = now - 20 * MINUTE

        kept = send(patrolling, of_round, points(range(3), begin - off), sent_at=now - off)

        assert kept["accepted"] == 3
        assert kept["clock_offset_s"] == pytest.approx(off.total_seconds(), abs=5)
        [track] = track_of(patrolling, of_round)
        _, at, phone_at, *_ = track["points"][0]
        assert abs(datetime.fromisoformat(at) - begin) < 5 * SECOND
        assert abs(datetime.fromisoformat(phone_at) - (begin - off)) < SECOND

    def test_recorded_before_the_clock_was_set_are_put_right_by_the_clock_before(
        self, patrolling: Running
    ) -> None:
        of_round, now, off = planned(patrolling), china_now(), 5 * HOUR
        at = now - 20 * MINUTE
        mark(patrolling, of_round, "start_round", at=at - off, sent_at=now - off)
        mixed = points(range(3), at - off) + points(range(60, 63), at)

        # The network has set the clock meanwhile.
        assert send(patrolling, of_round, mixed)["accepted"] == 6

    def test_outside_of_the_round_are_not_kept(self, patrolling: Running) -> None:
        of_round, now = begun(patrolling), china_now()
        before = points(range(3), now - 3 * HOUR)
        after = [{"seq": 9, "at": now + HOUR, **gate()}]

        kept = send(patrolling, of_round, before + after)

        assert (kept["accepted"], kept["outside"]) == (0, 4)
        assert patrolling.count("patrol", track_table) == 0

    def test_are_taken_late_and_not_too_late(self, patrolling: Running) -> None:
        of_round = begun(patrolling)
        mark(patrolling, of_round, "finish_round")
        begin = china_now() - 20 * MINUTE

        assert send(patrolling, of_round, points(range(2), begin))["accepted"] == 2
        # Whoever is home is not looked for.
        assert patrolling.count("patrol", position_table) == 0
        long_ago = china_now() - 25 * HOUR
        with patrolling.database("patrol").writing() as connection:
            connection.execute(update(round_table).values(finished_at=long_ago))
        with pytest.raises(RuleBroken, match="too_late"):
            send(patrolling, of_round, points(range(2, 4), begin))

    def test_say_what_is_doubtful(self, patrolling: Running) -> None:
        of_round, begin = begun(patrolling), china_now() - 20 * MINUTE
        walk = points(range(8), begin)
        walk[4] |= gate(90_000)
        walk[6] |= {"accuracy_m": 500}

        send(patrolling, of_round, walk)

        [track] = track_of(patrolling, of_round)
        assert [point[-1] for point in track["points"] if point[-1]] == [["jump"], ["inaccurate"]]

    def test_are_refused_whole_where_a_point_is_no_place(self, patrolling: Running) -> None:
        of_round, begin = begun(patrolling), china_now() - 20 * MINUTE
        wrong = points(reversed(range(3)), begin)
        wrong[1]["lat"] = 95

        with pytest.raises(Invalid) as refused:
            send(patrolling, of_round, wrong)
        assert [error.field for error in refused.value.errors] == ["points.1.lat"]

    def test_are_of_whoever_walks_and_seen_by_him_and_the_desk_alone(
        self, patrolling: Running
    ) -> None:
        of_round = begun(patrolling, officers=["member", "other"], kind="joint")
        begin, other = china_now() - 20 * MINUTE, a_grid_member("other", CELL)
        send(patrolling, of_round, points(range(2), begin))
        send(patrolling, of_round, points(range(2), begin), other)

        assert len(track_of(patrolling, of_round)) == 2
        assert [t["officer"] for t in track_of(patrolling, of_round, other)] == ["other"]
        with pytest.raises(Forbidden, match="not_permitted"):
            track_of(patrolling, of_round, a_grid_member("colleague", CELL))
        with pytest.raises(NotFound):
            track_of(patrolling, of_round, ELSEWHERE)
        with pytest.raises(Forbidden, match="not_your_round"):
            send(patrolling, of_round, points(range(2), begin), DESK)
        with patrolling.database("patrol").reading() as connection:
            reads = [e for e in trail(connection) if e["action"] == "patrol.round_track"]
        assert reads
        assert of_round["id"] in str(reads[0])


class TestCheckIns:
    def test_that_do_not_count_say_why_and_may_be_tried_again(self, patrolling: Running) -> None:
        of_round = begun(patrolling)

        far = check_in(patrolling, of_round, location=gate(80, accuracy_m=300))
        same = check_in(patrolling, of_round)
        good = check_in(patrolling, of_round, key="c-2")

        assert [reason["code"] for reason in far["reasons"]] == ["too_far", "inaccurate"]
        assert far["distance_m"] == pytest.approx(80, rel=0.02)
        assert same == far  # of one key there is one
        assert good["valid"]
        assert patrolling.count("patrol", check_in_table) == 2

    def test_by_a_wrong_clock_are_put_right(self, patrolling: Running) -> None:
        of_round, now, off = begun(patrolling), china_now(), -7 * HOUR
        at = now - 10 * MINUTE

        made = check_in(
            patrolling,
            of_round,
            at=at - off,
            arrived_at=at - off - 90 * SECOND,
            sent_at=now - off,
        )

        assert made["valid"]
        assert made["stayed_s"] == 90
        assert abs(datetime.fromisoformat(made["at"]) - at) < 5 * SECOND

    def test_that_come_late_change_the_verdict(self, patrolling: Running) -> None:
        of_round, at = begun(patrolling), china_now() - 10 * MINUTE
        assert not mark(patrolling, of_round, "finish_round")["valid"]

        check_in(patrolling, of_round, at=at)

        shown = ask(patrolling, "round", DESK, round_id=of_round["id"])
        assert (shown["valid"], shown["reasons"]) == (True, [])
        assert told(patrolling, of_round["id"])[-1].event_type == "patrol.round.reassessed.v1"

    def test_at_no_such_point_are_refused(self, patrolling: Running) -> None:
        of_round = begun(patrolling)
        with pytest.raises(Invalid, match="invalid"):
            check_in(patrolling, of_round, point=2)


class TestAlarms:
    def miss(self, running: Running, at: datetime) -> int:
        work = Work(running.database("patrol"))
        return tell_missing_officers(work, Outbox(work, Call()), clock=lambda: at)

    def test_are_raised_once_and_taken_by_a_person(self, patrolling: Running) -> None:
        of_round = begun(patrolling, check_in_minutes=20)
        now = china_now()

        assert self.miss(patrolling, now + 24 * MINUTE) == 0
        assert self.miss(patrolling, now + 26 * MINUTE) == 1
        assert self.miss(patrolling, now + 27 * MINUTE) == 0
        assert self.miss(patrolling, now + 31 * MINUTE) == 1

        page = ask(patrolling, "patrol_alarms", DESK, where={"open_only": True})
        assert [alarm["kind"] for alarm in page["items"]] == ["lone_worker", "missed_check_in"]
        taken = [
            ask(
                patrolling,
                "acknowledge_alarm",
                actor,
                alarm_id=page["items"][1]["id"],
                order={"note": "已电话联系"},
            )
            for actor in (DESK, a_duty_officer("second"))
        ]
        assert [alarm["acknowledged_by"] for alarm in taken] == ["desk", "desk"]
        left = ask(patrolling, "patrol_alarms", DESK, where={"open_only": True})
        assert len(left["items"]) == 1
        events = [event.event_type for event in told(patrolling, taken[0]["id"])]
        assert events == ["patrol.alarm.raised.v1", "patrol.alarm.acknowledged.v1"]
        assert ask(patrolling, "patrol_alarms", ELSEWHERE, where={})["items"] == []
        with pytest.raises(NotFound):
            ask(
                patrolling,
                "acknowledge_alarm",
                ELSEWHERE,
                alarm_id=page["items"][0]["id"],
                order={},
            )
        assert of_round["id"] == page["items"][0]["round"]

    def test_told_by_several_copies_at_once_are_told_once(self, patrolling: Running) -> None:
        begun(patrolling)
        late = china_now() + 40 * MINUTE

        for copy in [eventlet.spawn(self.miss, patrolling, late) for _ in range(3)]:
            copy.wait()

        assert patrolling.count("patrol", alarm_table) == 1
        raised = outbox.c.event_type == "patrol.alarm.raised.v1"
        assert patrolling.count("patrol", outbox, raised) == 1

    def test_say_when_somebody_was_heard_of_again(self, patrolling: Running) -> None:
        of_round = begun(patrolling, check_in_minutes=20)
        self.miss(patrolling, china_now() + 40 * MINUTE)

        send(patrolling, of_round, points(range(2), china_now() - MINUTE))
        by_track = patrolling.rows("patrol", alarm_table)
        check_in(patrolling, of_round)
        by_check_in = patrolling.rows("patrol", alarm_table)

        heard = {row.kind: row.heard_again_at is not None for row in by_track}
        assert heard == {"missed_check_in": False, "lone_worker": True}
        assert all(row.heard_again_at for row in by_check_in)

    def test_of_a_silence_that_another_copy_told_of_are_none(self, patrolling: Running) -> None:
        begun(patrolling)
        late = china_now() + 40 * MINUTE
        [before] = patrolling.rows("patrol", walker_table)
        self.miss(patrolling, late)
        # As a copy that was killed after the alarm left it.
        with patrolling.database("patrol").writing() as connection:
            connection.execute(update(walker_table).values(silent_at=before.silent_at))
        self.miss(patrolling, late)

        assert patrolling.count("patrol", alarm_table) == 1


class TestForgetting:
    def test_takes_where_officers_were_and_leaves_what_was_counted(
        self, patrolling: Running
    ) -> None:
        of_round, now = begun(patrolling), china_now()
        send(patrolling, of_round, points(range(3), now - MINUTE))
        check_in(patrolling, of_round)
        work = Work(patrolling.database("patrol"))

        def forget(days: int) -> int:
            return forget_tracks(work, patrolling.settings, clock=lambda: now + timedelta(days))

        assert forget(89) == 0
        assert patrolling.count("patrol", position_table) == 0
        assert forget(91) == 1
        assert track_of(patrolling, of_round) == []
        gone = check_in_table.c.position.is_(None)
        assert patrolling.count("patrol", check_in_table, gone, check_in_table.c.is_valid) == 1


def test_an_order_that_came_twice_plans_one_round(patrolling: Running) -> None:
    now = china_now()
    plan = {
        "place": CELL,
        "title": "巡",
        "officers": ["member"],
        "planned_from": now,
        "planned_to": now + HOUR,
    }
    asked = {"plan": to_jsonable_python(plan), "actor": DESK, "key": "desk:k1"}

    first, second = (patrolling.ask("patrol", "plan_round", **asked) for _ in range(2))

    assert first == second
    assert patrolling.count("patrol", round_table) == 1
