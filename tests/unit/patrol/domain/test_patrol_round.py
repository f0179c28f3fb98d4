from datetime import timedelta

import pytest

from services.patrol.domain.check_in import CheckInMeasure, Judged, judge
from services.patrol.domain.late_arrivals import check_takes, last_moment
from services.patrol.domain.patrol_round import RoundState
from services.patrol.domain.phone_clock import PhoneClock
from services.patrol.domain.round_planning import check_plan, check_planner, is_rural
from services.patrol.domain.round_verdict import verdict_on
from services.patrol.domain.watch import LONE_WORKER, MISSED_CHECK_IN, Walker
from shared.kernel.errors import Forbidden, Invalid, RuleBroken
from tests.builders.actor import a_citizen, a_duty_officer, a_grid_member
from tests.builders.patrol_round import (
    BEGIN,
    GATE,
    HOUR,
    METRE,
    MINUTE,
    RULES,
    SECOND,
    a_plan,
    a_round,
    a_stop,
)

RUNNING, FINISHED = RoundState.RUNNING, RoundState.FINISHED
NOW = BEGIN + 10 * MINUTE


class TestPhoneClock:
    @pytest.mark.parametrize("off", [timedelta(0), 3 * HOUR, -3 * HOUR, timedelta(days=-20_000)])
    def test_is_put_right_by_when_it_believes_to_send(self, off: timedelta) -> None:
        clock = PhoneClock.shown_by(NOW - off, NOW)

        assert clock.corrected(BEGIN - off) == BEGIN
        assert clock.offset_s == off.total_seconds()

    def test_that_says_nothing_is_right(self) -> None:
        assert PhoneClock.shown_by(None, NOW).corrected(BEGIN) == BEGIN


class TestSteps:
    def test_a_planned_round_runs_and_ends(self) -> None:
        begun = a_round().started(BEGIN, earliest=BEGIN - HOUR)
        ended = begun.finished(BEGIN + HOUR)

        assert (begun.state, ended.state) == (RUNNING, FINISHED)
        assert (ended.started_at, ended.finished_at) == (BEGIN, BEGIN + HOUR)

    @pytest.mark.parametrize(
        ("state", "step", "code"),
        [
            (RUNNING, "started", "round_begun"),
            (FINISHED, "started", "round_over"),
            (RoundState.CANCELLED, "started", "round_over"),
            (RoundState.PLANNED, "finished", "round_not_begun"),
            (FINISHED, "finished", "round_over"),
            (RoundState.CANCELLED, "finished", "round_over"),
            (RUNNING, "cancelled", "round_begun"),
            (FINISHED, "cancelled", "round_over"),
            (RoundState.CANCELLED, "cancelled", "round_over"),
        ],
    )
    def test_any_other_step_is_refused(self, state: RoundState, step: str, code: str) -> None:
        kept = a_round(state)
        steps = {
            "started": lambda: kept.started(BEGIN, earliest=BEGIN),
            "finished": lambda: kept.finished(BEGIN),
            "cancelled": lambda: kept.cancelled("雨", BEGIN),
        }
        with pytest.raises(RuleBroken) as refused:
            steps[step]()
        assert refused.value.code == code

    def test_begins_neither_too_early_nor_after_its_time(self) -> None:
        with pytest.raises(RuleBroken, match="too_early"):
            a_round().started(BEGIN - 2 * HOUR, earliest=BEGIN - HOUR)
        with pytest.raises(RuleBroken, match="round_missed"):
            a_round().started(BEGIN + 2 * HOUR + SECOND, earliest=BEGIN - HOUR)

    def test_does_not_end_before_it_began(self) -> None:
        with pytest.raises(RuleBroken, match="ends_first"):
            a_round(RUNNING).finished(BEGIN - SECOND)


class TestPlans:
    def test_a_good_one_is_let_through(self) -> None:
        check_plan(a_plan(), BEGIN)

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"planned_to": BEGIN}, "ends_first"),
            ({"planned_to": BEGIN + 25 * HOUR}, "too_long"),
            ({"planned_from": BEGIN - 9 * HOUR, "planned_to": BEGIN - HOUR}, "over"),
            ({"officers": ["a", "a"]}, "repeated"),
            ({"kind": "joint"}, "too_few"),
        ],
    )
    def test_a_wrong_one_is_refused(self, changed: dict[str, object], code: str) -> None:
        with pytest.raises(Invalid) as refused:
            check_plan(a_plan(**changed), BEGIN)
        assert refused.value.errors[0].code == code

    def test_a_desk_plans_for_others_and_a_member_for_himself(self) -> None:
        codes = a_round().place.codes
        check_planner(a_plan(kind="special"), a_duty_officer(), codes)
        check_planner(a_plan(), a_grid_member(), codes)
        for plan, actor in (
            (a_plan(), a_grid_member("another")),
            (a_plan(kind="special"), a_grid_member()),
            (a_plan(), a_grid_member(place_code="420802002")),
            (a_plan(), a_duty_officer(place_code="420802002")),
            (a_plan(officers=["citizen"]), a_citizen()),
        ):
            with pytest.raises(Forbidden):
                check_planner(plan, actor, codes)

    @pytest.mark.parametrize(
        ("codes", "rural"),
        [
            (("420802", "420802001", "420802001013"), False),
            (("420802", "420802001", "420802001201"), True),
            (("420802", "420802100"), True),
            (("420802",), False),
            (("E08000035", "E02002330"), False),
            ((), False),
        ],
    )
    def test_town_and_country_are_known_by_the_code(
        self, codes: tuple[str, ...], rural: bool
    ) -> None:
        assert is_rural(codes) is rural


def judged(*, at_m: float = 0, stop: object = "gate", **changed: object) -> Judged:
    terms = {"lon": GATE.lon, "lat": GATE.lat + at_m * METRE, "accuracy_m": 8.0, "at": NOW}
    measure = CheckInMeasure(**(terms | {"arrived_at": None} | changed))  # type: ignore[arg-type]
    return judge(
        measure,
        a_stop(stay_s=60 if "arrived_at" in changed else 0) if stop else None,
        a_round(RUNNING),
        last=NOW,
        most_accuracy_m=100,
    )


class TestCheckIns:
    @pytest.mark.parametrize(
        ("changed", "reasons"),
        [
            ({}, ()),
            ({"at_m": 49}, ()),
            ({"at_m": 52}, ("too_far",)),
            ({"accuracy_m": 101.0}, ("inaccurate",)),
            ({"accuracy_m": None}, ("no_accuracy",)),
            ({"arrived_at": NOW - 59 * SECOND}, ("too_short",)),
            ({"arrived_at": NOW - 60 * SECOND}, ()),
            ({"at": BEGIN - 2 * MINUTE}, ("out_of_time",)),
            ({"at": NOW + 2 * MINUTE}, ("out_of_time",)),
            ({"at_m": 52, "accuracy_m": None}, ("too_far", "no_accuracy")),
            ({"stop": None, "at_m": 9000}, ()),
        ],
    )
    def test_count_or_say_why_not(
        self, changed: dict[str, object], reasons: tuple[str, ...]
    ) -> None:
        assert judged(**changed).reasons == reasons  # type: ignore[arg-type]

    def test_say_how_far_from_the_point(self) -> None:
        assert judged(at_m=30).distance_m == pytest.approx(30, rel=0.01)
        assert judged(stop=None).distance_m is None


class TestVerdict:
    @pytest.mark.parametrize(
        ("reached", "minutes", "reasons"),
        [
            ({1, 2, 3, 4}, 60, ()),
            ({1, 2, 3, 4, 5}, 60, ()),
            ({1, 2, 3}, 60, ("points_missed",)),
            ({1, 2, 3, 4}, 9, ("too_short",)),
            (set(), 0, ("points_missed", "too_short")),
        ],
    )
    def test_asks_for_points_and_time(
        self, reached: set[int], minutes: int, reasons: tuple[str, ...]
    ) -> None:
        walked = a_round(FINISHED, stops=(a_stop(),) * 5, finished_at=BEGIN + minutes * MINUTE)
        verdict = verdict_on(walked, frozenset(reached), least_share=0.8)
        assert (verdict.reasons, verdict.is_valid) == (reasons, not reasons)

    def test_asks_no_points_of_a_round_that_has_none(self) -> None:
        assert verdict_on(a_round(FINISHED, stops=()), frozenset(), least_share=1).is_valid


class TestLateArrivals:
    def test_are_taken_for_a_day(self) -> None:
        check_takes(a_round(RUNNING), NOW, RULES)
        check_takes(a_round(FINISHED), BEGIN + 25 * HOUR, RULES)
        with pytest.raises(RuleBroken, match="too_late"):
            check_takes(a_round(FINISHED), BEGIN + 25 * HOUR + SECOND, RULES)

    def test_are_none_before_the_begin(self) -> None:
        with pytest.raises(RuleBroken, match="round_not_begun"):
            check_takes(a_round(), NOW, RULES)
        with pytest.raises(RuleBroken, match="round_over"):
            check_takes(a_round(RoundState.CANCELLED), NOW, RULES)

    def test_belong_to_no_round_long_after_its_planned_end(self) -> None:
        forgotten, night = a_round(RUNNING), BEGIN + 12 * HOUR

        assert last_moment(forgotten, NOW, RULES) == NOW
        assert last_moment(forgotten, night, RULES) == forgotten.planned_to + RULES.overrun
        assert last_moment(a_round(FINISHED), night, RULES) == BEGIN + HOUR


class TestWatch:
    def out(self, **changed: object) -> Walker:
        of_round = a_round(RUNNING, **changed)
        return Walker(round_id="round-1", account="member").gone_out(of_round, BEGIN, RULES)

    def test_misses_who_walks_alone_when_nothing_comes(self) -> None:
        walker = self.out()

        assert walker.missed_by(BEGIN + 30 * MINUTE - SECOND) == {}
        assert walker.missed_by(BEGIN + 30 * MINUTE) == {LONE_WORKER: BEGIN}
        assert walker.heard(a_round(RUNNING), NOW, RULES).missed_by(BEGIN + 30 * MINUTE) == {}

    def test_misses_a_check_in_even_when_a_track_comes(self) -> None:
        of_round = a_round(RUNNING, check_in_minutes=20)
        walker = self.out(check_in_minutes=20).heard(of_round, NOW, RULES)

        assert walker.missed_by(BEGIN + 25 * MINUTE) == {MISSED_CHECK_IN: BEGIN}
        checked_in = walker.checked_in(of_round, NOW, RULES)
        assert checked_in.missed_by(BEGIN + 25 * MINUTE) == {}

    def test_misses_nobody_who_walks_with_others_or_is_home(self) -> None:
        late = BEGIN + 90 * MINUTE

        assert self.out(officers=("member", "another")).missed_by(late) == {}
        assert self.out().come_home().missed_by(late) == {}

    def test_tells_of_a_silence_once(self) -> None:
        late = BEGIN + 90 * MINUTE
        walker = self.out(check_in_minutes=20)
        told = walker.told_missing(walker.missed_by(late))

        assert told.missed_by(late) == {}
        again = told.heard(a_round(RUNNING), late, RULES)
        assert again.missed_by(late + HOUR) == {LONE_WORKER: late}
