"""The clocks of an incident: when each begins and ends, and what stops or prolongs it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.patrol.domain.clocks import IN_THE_STEP, begun
from services.patrol.domain.incident import Incident
from services.patrol.domain.step_table import after
from shared.contracts.incident_clocks import IncidentClock, shown_clock
from shared.kernel.actor import Actor
from shared.kernel.deadlines.colour import Colour, colour_of
from shared.kernel.errors import Invalid, RuleBroken
from tests.builders.actor import a_duty_officer, a_grid_member
from tests.builders.counting import counting
from tests.builders.guarded import a_full_order
from tests.builders.incident import an_incident

# 10:00 in China, a Monday: office hours are 08:30 to 12:00 and 14:30 to 17:30.
MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)
DESK, HANDLER = a_duty_officer(), a_grid_member("wang")
BY_HANDLER = {"sign", "arrive", "feedback", "return", "ask-suspend", "ask-extend"}


def reported(severity: str = "L3", **changed: Any) -> Incident:
    incident = an_incident(severity=severity, reported_at=MONDAY, **changed)
    return begun(incident, counting())


def walked(incident: Incident, path: str, *, at: datetime = MONDAY, **order: Any) -> Incident:
    for step in path.split():
        if step in ("suspend", "extend"):
            incident = walked(incident, f"ask-{step}", at=at, **order)
        actor: Actor = HANDLER if step in BY_HANDLER else DESK
        incident = after(step, incident, a_full_order(**order), actor, counting(), at=at)
    return incident


def running(incident: Incident) -> dict[str, IncidentClock]:
    return {clock.kind: clock for clock in incident.clocks if clock.runs}


def due(clock: IncidentClock) -> datetime:
    assert clock.deadline.due_current is not None
    return clock.deadline.due_current.astimezone(UTC)


class TestLimits:
    """Rules INC-06: L1 and L2 by clock hours, L3 and L4 by working time."""

    @pytest.mark.parametrize(
        ("severity", "path", "kind", "limit"),
        [
            ("L1", "", "accept", timedelta(minutes=5)),
            ("L1", "accept", "dispatch", timedelta(minutes=10)),
            ("L1", "accept file dispatch", "on_site", timedelta(minutes=30)),
            ("L1", "accept file dispatch", "handle", timedelta(hours=24)),
            ("L2", "", "accept", timedelta(minutes=15)),
            ("L2", "accept file dispatch", "on_site", timedelta(hours=2)),
            # Two working hours from 10:00; four of them go on after the break.
            ("L3", "", "accept", timedelta(hours=2)),
            ("L3", "accept", "dispatch", timedelta(hours=6, minutes=30)),
            # To the close of business of the third working day.
            ("L3", "accept file dispatch", "handle", timedelta(days=3, hours=7, minutes=30)),
            ("L4", "accept", "dispatch", timedelta(days=1, hours=7, minutes=30)),
            ("L4", "accept file dispatch", "handle", timedelta(days=14, hours=7, minutes=30)),
        ],
    )
    def test_are_those_of_the_severity(
        self, severity: str, path: str, kind: str, limit: timedelta
    ) -> None:
        clock = running(walked(reported(severity), path))[kind]

        assert due(clock) - MONDAY == limit
        assert clock.deadline.due_original == clock.deadline.due_current

    def test_of_being_on_the_site_are_for_danger_alone(self) -> None:
        assert "on_site" not in running(walked(reported("L3"), "accept file dispatch"))

    @pytest.mark.parametrize(("level", "hours"), [("community", 2), ("street", 2), ("district", 4)])
    def test_of_a_return_are_those_of_the_level(self, level: str, hours: int) -> None:
        clock = running(walked(reported(level=level), "accept file dispatch"))["return"]

        assert counting().rule_of(clock.deadline).amount == hours


class TestCourse:
    @pytest.mark.parametrize(
        ("path", "left"),
        [
            ("", {"accept"}),
            ("cancel", set()),
            ("cancel reopen", {"accept"}),
            ("accept", {"dispatch"}),
            ("accept file", {"dispatch"}),
            ("accept file dispatch", {"on_site", "handle", "return"}),
            ("accept file dispatch return", set()),
            ("accept file dispatch return redispatch", {"on_site", "handle", "return"}),
            ("accept file dispatch return arbitrate", {"on_site", "handle", "return"}),
            ("accept file dispatch sign", {"on_site", "handle"}),
            ("accept file dispatch sign arrive", {"handle"}),
            ("accept file dispatch sign feedback", set()),
            ("accept file dispatch sign feedback rework", {"handle"}),
            ("accept file dispatch sign feedback check close", set()),
            ("accept file dispatch sign feedback check close reopen", {"dispatch"}),
        ],
    )
    def test_leaves_running_what_is_still_to_be_done(self, path: str, left: set[str]) -> None:
        assert set(running(walked(reported("L2"), path))) == left

    def test_tells_what_was_met_from_what_became_void(self) -> None:
        returned = walked(reported("L2"), "accept file dispatch return")

        outcomes = {clock.kind: clock.outcome for clock in returned.clocks}
        assert outcomes == {
            "accept": "met",
            "dispatch": "met",
            "on_site": "void",
            "handle": "void",
            "return": "met",
        }

    def test_numbers_them_and_keeps_them_all(self) -> None:
        again = walked(reported("L3"), "accept file dispatch return redispatch")

        assert [clock.number for clock in again.clocks] == [1, 2, 3, 4, 5, 6]

    def test_lets_rework_run_against_the_same_limit(self) -> None:
        fed_back = walked(reported("L3"), "accept file dispatch sign feedback")

        reworked = walked(fed_back, "rework", at=MONDAY + timedelta(hours=1))

        assert running(reworked)["handle"].deadline.started_at == MONDAY

    def test_refuses_a_return_that_comes_too_late(self) -> None:
        dispatched = walked(reported("L3"), "accept file dispatch")

        with pytest.raises(RuleBroken) as refusal:
            walked(dispatched, "return", at=MONDAY + timedelta(hours=5, minutes=31))

        assert refusal.value.code == "return_too_late"


class TestSuspension:
    def test_stops_the_clock_until_it_is_resumed(self) -> None:
        handled = walked(reported("L2"), "accept file dispatch sign")

        stands = walked(handled, "suspend", at=MONDAY + timedelta(hours=1))
        runs = walked(stands, "resume", at=MONDAY + timedelta(hours=4))

        assert running(stands)["handle"].deadline.due_current is None
        assert running(stands)["handle"].warn_at is None
        assert due(running(runs)["handle"]) == MONDAY + timedelta(hours=27)
        assert running(runs)["handle"].deadline.due_original == MONDAY + timedelta(hours=24)

    def test_needs_a_permitted_ground_and_a_limit_that_is_not_past(self) -> None:
        handled = walked(reported("L2"), "accept file dispatch sign")

        with pytest.raises(RuleBroken) as ground:
            walked(handled, "suspend", ground="lunch")
        with pytest.raises(RuleBroken) as late:
            walked(handled, "suspend", at=MONDAY + timedelta(hours=25))

        assert (ground.value.code, late.value.code) == ("ground_not_permitted", "past_due")


class TestExtension:
    def test_is_by_the_limits_own_unit(self) -> None:
        handled = walked(reported("L4"), "accept file dispatch sign")

        extended = running(walked(handled, "extend", extension=10))["handle"].deadline

        # Twenty working days: four weeks later, at the close of business.
        assert extended.due_current == MONDAY + timedelta(days=28, hours=7, minutes=30)
        assert extended.due_original == MONDAY + timedelta(days=14, hours=7, minutes=30)
        [approved] = extended.extensions
        assert (approved.approved_by, approved.reason) == ("duty_officer@district", IN_THE_STEP)

    def test_has_a_cap_is_given_once_and_before_the_limit_is_over(self) -> None:
        handled = walked(reported("L4"), "accept file dispatch sign")
        extended = walked(handled, "extend", extension=1)

        with pytest.raises(Invalid, match="extension_too_long"):
            walked(handled, "extend", extension=11)
        with pytest.raises(RuleBroken, match="extended_before"):
            walked(extended, "extend", extension=1, at=MONDAY + timedelta(hours=1))
        with pytest.raises(RuleBroken, match="approved_too_late"):
            walked(handled, "extend", extension=1, at=MONDAY + timedelta(days=15))

    def test_is_not_there_where_the_rule_has_none(self) -> None:
        with pytest.raises(Invalid, match="extension_too_long"):
            walked(reported("L3"), "accept file dispatch sign extend", extension=1)

    def test_lets_what_was_told_of_the_old_limit_be_told_of_the_new(self) -> None:
        handled = walked(reported("L4"), "accept file dispatch sign")
        told = tuple(replace(clock, near_due_told=True) for clock in handled.clocks)

        extended = walked(replace(handled, clocks=told), "extend", extension=5)

        assert not running(extended)["handle"].near_due_told


class TestColour:
    @pytest.mark.parametrize(
        ("severity", "path"),
        [("L1", ""), ("L2", "accept"), ("L3", ""), ("L4", "accept file dispatch")],
    )
    def test_turns_orange_at_the_minute_that_is_kept(self, severity: str, path: str) -> None:
        clock = next(reversed(running(walked(reported(severity), path)).values()))
        assert clock.warn_at is not None
        minute = timedelta(minutes=1)

        before = colour_of(clock.deadline, counting(), clock.warn_at - minute)

        assert before in {Colour.GREEN, Colour.YELLOW}
        assert colour_of(clock.deadline, counting(), clock.warn_at) is Colour.ORANGE

    def test_is_shown_with_the_rule_and_stays_when_the_clock_has_ended(self) -> None:
        accepted = walked(reported("L1"), "accept", at=MONDAY + timedelta(minutes=3))

        shown = shown_clock(accepted.clocks[0], counting(), MONDAY + timedelta(days=9))

        assert (shown["kind"], shown["outcome"], shown["colour"]) == ("accept", "met", "yellow")
        assert (shown["rule_id"], shown["rule_version"]) == ("incident.l1.accept", 1)
        assert (shown["zh"], shown["en"]) == ("特急事件受理", "accepting an L1 incident")
        assert shown["calendar_version"]
