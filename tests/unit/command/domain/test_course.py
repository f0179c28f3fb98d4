"""What was told of a matter, folded into what indicators count of it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from services.command.domain.course import Course, followed
from shared.contracts.event import Event
from shared.contracts.incident_steps import IncidentStepTaken, StepPersonalData
from shared.kernel.deadlines.deadline import Deadline
from shared.kernel.personal_data import FreeText
from tests.builders.counting import counting
from tests.builders.life import Life
from tests.builders.told import a_step_taken, an_incident_reported

# 10:00 in China, a Monday.
MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def course_of(told: list[Event]) -> Course:
    course = None
    for event in told:
        course = followed(course, event)
    assert course is not None
    return course


def lived(path: str, severity: str = "L2", every: timedelta = HOUR) -> Course:
    """Return the course of an incident whose steps follow each other so quickly."""
    life = Life(MONDAY, severity=severity)
    for number, step in enumerate(path.split(), 1):
        life.take(step, MONDAY + number * every)
    return course_of(life.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated(IncidentStepTaken):
    satisfaction: str | None


def evaluated(satisfaction: str | None) -> Evaluated:
    return Evaluated(
        incident_id="i",
        matter_no="P-1",
        from_state="closed",
        state="evaluated",
        level="street",
        at=MONDAY + 9 * HOUR,
        by="citizen",
        unit=None,
        files=[],
        personal=StepPersonalData(note=FreeText("")),
        satisfaction=satisfaction,
    )


CLOSED = "accept file dispatch sign feedback check close"


class TestCourse:
    def test_is_due_by_the_limit_of_what_is_to_be_done_next(self) -> None:
        reported, accepted, dispatched = (
            lived(path) for path in ("", "accept file", "accept file dispatch")
        )

        assert reported.due_at == reported.accept_due_at == MONDAY + timedelta(minutes=15)
        assert accepted.due_at == accepted.dispatch_due_at == MONDAY + HOUR + timedelta(minutes=30)
        assert dispatched.due_at == dispatched.handle_due_at == MONDAY + 27 * HOUR

    def test_keeps_what_was_done_and_when(self) -> None:
        course = lived(CLOSED)

        assert (course.state, course.ended_at) == ("closed", MONDAY + 7 * HOUR)
        assert (course.filed_at, course.fed_back_at) == (MONDAY + 2 * HOUR, MONDAY + 5 * HOUR)
        assert (course.dispatched_at, course.handled_at) == (MONDAY + 3 * HOUR, MONDAY + 5 * HOUR)
        assert course.on_site_at == MONDAY + 5 * HOUR
        assert course.reported_day == course.ended_day

    def test_has_no_due_date_while_it_stands_suspended_and_a_later_one_afterwards(self) -> None:
        life = Life(MONDAY, severity="L2")
        for number, step in enumerate(("accept", "file", "dispatch", "sign"), 1):
            life.take(step, MONDAY + number * HOUR)
        handle = next(clock for clock in life.incident.clocks if clock.kind == "handle")
        before = handle.deadline.due_current
        stopped = counting().suspend(handle.deadline, MONDAY + 5 * HOUR, "approved_suspension")
        resumed = counting().resume(stopped, MONDAY + 6 * HOUR)

        def with_deadline(deadline: Deadline) -> Course:
            clocks = [replace(handle, deadline=deadline)]
            return course_of([*life.told, a_step_taken("suspend", clocks=clocks)])

        stands, again = with_deadline(stopped), with_deadline(resumed)
        assert (stands.due_at, stands.handle_due_at, stands.has_task) == (None, None, True)
        assert before is not None
        assert again.due_at == before + HOUR

    def test_is_due_as_it_was_to_be_dispatched_once_the_task_came_back(self) -> None:
        # At once: there is a time by which a task may be returned.
        returned = lived("accept file dispatch return", every=timedelta(minutes=1))

        assert (returned.has_task, returned.handle_due_at) == (False, None)
        assert returned.due_at == returned.dispatch_due_at
        assert (returned.returns, returned.dispatches) == (1, 1)

    def test_counts_what_happened_more_than_once(self) -> None:
        quick = timedelta(minutes=1)
        course = lived(
            "accept file dispatch return redispatch return arbitrate sign feedback rework feedback",
            every=quick,
        )

        counts = (course.dispatches, course.arbitrations, course.returns, course.reworks)
        assert counts == (3, 1, 2, 1)
        assert course.fed_back_at == MONDAY + 9 * quick
        assert course.handled_at == MONDAY + 11 * quick

    def test_begins_another_round_when_it_is_opened_again(self) -> None:
        course = lived(f"{CLOSED} reopen")

        assert (course.reopens, course.has_task, course.handled_at) == (1, False, None)
        assert (course.ended_at, course.filed_at) == (None, MONDAY + 2 * HOUR)
        assert course.due_at == course.dispatch_due_at == MONDAY + 8 * HOUR + timedelta(minutes=30)

    def test_knows_how_it_was_evaluated_and_forgets_it_when_opened_again(self) -> None:
        told: list[Event] = [an_incident_reported(), evaluated("satisfied")]

        assert course_of(told).satisfaction == "satisfied"
        assert course_of([*told, evaluated(None)]).satisfaction == "satisfied"
        assert course_of([*told, a_step_taken("reopen", state="filed")]).satisfaction is None

    def test_is_not_begun_by_the_middle_of_a_story(self) -> None:
        assert followed(None, a_step_taken("accept")) is None

    def test_of_an_incident_without_limits_is_never_due(self) -> None:
        course = course_of(
            [an_incident_reported(), a_step_taken("accept"), a_step_taken("file", state="filed")]
        )

        assert course.due_at is None
        assert course.filed_at is not None

    @pytest.mark.parametrize("severity", ["L1", "L2", "L3", "L4"])
    def test_ends_in_time_when_every_step_follows_at_once(self, severity: str) -> None:
        course = lived(CLOSED, severity, every=timedelta(seconds=1))

        for met, due in (
            (course.accepted_at, course.accept_due_at),
            (course.dispatched_at, course.dispatch_due_at),
            (course.handled_at, course.handle_due_at),
        ):
            assert met is not None
            assert due is not None
            assert met <= due
