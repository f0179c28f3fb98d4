"""The clocks of incidents in their table: kept, told when due, counted anew when a calendar is set."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import eventlet
import pytest
from sqlalchemy import select

from services.patrol.domain.clocks import begun
from services.patrol.domain.incident import Incident, State
from services.patrol.domain.step_table import after
from services.patrol.service import PatrolService
from services.patrol.store.incidents import SqlIncidentStore
from services.patrol.store.tables import step_table
from services.patrol.wiring import escalate_overdue, recount_clocks, tell_due_clocks, urge_near_due
from shared.kernel.compartment import Compartment
from shared.kernel.deadlines.calendar_year import CalendarYear, DayOff
from shared.kernel.ids import new_id
from shared.runtime import calendars
from shared.runtime.call import Call
from shared.runtime.outbox import Outbox
from shared.runtime.tables import outbox
from shared.runtime.work import Work
from tests.builders.actor import a_duty_officer
from tests.builders.counting import counting
from tests.builders.incident import an_incident, an_order
from tests.component.district import Grid
from tests.component.patrol.test_commands import report, take
from tests.component.running import Running

MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)
LAST_WEEK = datetime(2026, 12, 28, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEW_YEARS_DAY = CalendarYear(
    year=2027,
    version=1,
    source="国办发明电（示例）",
    days_off=tuple(DayOff(date=date(2027, 1, day), name="元旦") for day in (1, 2, 3, 4)),
    makeup_days=(),
)


def opened(patrol: Running, at: datetime = MONDAY, **changed: Any) -> Incident:
    """Keep an incident as it is right after its report."""
    incident = an_incident(
        incident_id=new_id(at), matter_no=f"P-{new_id()[-12:]}", reported_at=at, **changed
    )
    work = Work(patrol.database("patrol"))
    with work.begin():
        SqlIncidentStore(work).add(kept := begun(incident, counting()))
    work.keep()
    return kept


def tell(patrol: Running, at: datetime) -> int:
    work = Work(patrol.database("patrol"))
    return tell_due_clocks(work, Outbox(work, Call()), clock=lambda: at)


def told_of(patrol: Running, incident: Incident) -> list[Any]:
    about = select(outbox).where(outbox.c.aggregate_id == incident.incident_id)
    return list(patrol.rows("patrol", about.order_by(outbox.c.sequence)))


def kept(patrol: Running, incident: Incident) -> Incident | None:
    work = Work(patrol.database("patrol"))
    with work.begin():
        found = SqlIncidentStore(work).find(incident.incident_id)
    work.close()
    return found


class TestClocks:
    def test_come_back_as_they_were_kept(self, patrol: Running) -> None:
        incident = opened(patrol, severity="L2")
        moved = after(
            "accept", incident, an_order(), a_duty_officer(), counting(), at=MONDAY + MINUTE
        )
        work = Work(patrol.database("patrol"))
        with work.begin():
            SqlIncidentStore(work).replace(moved)
        work.keep()

        found = kept(patrol, incident)

        assert found is not None
        assert found.clocks == moved.clocks
        assert [clock.outcome for clock in found.clocks] == ["met", None]


class TestTellingWhatIsDue:
    def test_says_once_that_little_is_left_and_once_that_nothing_is(self, patrol: Running) -> None:
        incident = opened(patrol, severity="L1")

        assert tell(patrol, MONDAY + 3 * MINUTE) == 0
        assert tell(patrol, MONDAY + 4 * MINUTE) == 1
        assert tell(patrol, MONDAY + 4 * MINUTE) == 0
        assert tell(patrol, MONDAY + 6 * MINUTE) == 1
        assert tell(patrol, MONDAY + 7 * MINUTE) == 0

        near, late = told_of(patrol, incident)
        assert near.event_type == "patrol.incident.clock_neared_due.v1"
        assert late.event_type == "patrol.incident.clock_ran_out.v1"
        assert [clock["kind"] for clock in late.payload["clocks"]] == ["accept"]

    def test_says_no_more_than_that_it_is_late_when_it_was_not_looked_at_before(
        self, patrol: Running
    ) -> None:
        incident = opened(patrol, severity="L1")

        tell(patrol, MONDAY + 60 * MINUTE)

        [late] = told_of(patrol, incident)
        assert late.event_type == "patrol.incident.clock_ran_out.v1"

    def test_says_nothing_of_what_was_done(self, patrol: Running) -> None:
        incident = opened(patrol, severity="L1")
        done = replace(
            incident, clocks=(replace(incident.clocks[0], ended_at=MONDAY, outcome="met"),)
        )
        work = Work(patrol.database("patrol"))
        with work.begin():
            SqlIncidentStore(work).replace(done)
        work.keep()

        assert tell(patrol, MONDAY + 60 * MINUTE) == 0

    def test_leaves_what_somebody_holds_for_the_next_time(self, patrol: Running) -> None:
        if patrol.database("patrol").is_sqlite:
            pytest.skip("SQLite has one writer: nobody holds anything meanwhile")
        incident = opened(patrol, severity="L1")
        holding = Work(patrol.database("patrol"))
        with holding.begin():
            SqlIncidentStore(holding).find(incident.incident_id)
            assert tell(patrol, MONDAY + 60 * MINUTE) == 0
        holding.close()

        assert tell(patrol, MONDAY + 60 * MINUTE) == 1

    def test_keeps_to_whom_the_record_is_closed(self, patrol: Running) -> None:
        closed = Compartment(units=("accused-bureau",), accounts=(), only=())
        incident = opened(patrol, severity="L1", compartment=closed)

        tell(patrol, MONDAY + 60 * MINUTE)

        [late] = told_of(patrol, incident)
        assert late.payload["compartment"]["units"] == ["accused-bureau"]


class TestCountingAnew:
    """Rules DL-06: only what depends on the calendar that was set, and never silently."""

    def test_moves_what_crosses_into_the_year_and_tells_of_it(self, patrol: Running) -> None:
        crossing = opened(patrol, LAST_WEEK, severity="L4", state=State.FILED)
        moved = after("dispatch", crossing, an_order(), a_duty_officer(), counting(), at=LAST_WEEK)
        other = opened(patrol, severity="L3")
        work = Work(patrol.database("patrol"))
        with work.begin():
            SqlIncidentStore(work).replace(moved)
            calendars.keep(work.connection, NEW_YEARS_DAY)
        work.keep()

        settings = patrol.settings
        assert recount_clocks(work, Outbox(work, Call()), settings, clock=lambda: LAST_WEEK) == 1
        assert recount_clocks(work, Outbox(work, Call()), settings, clock=lambda: LAST_WEEK) == 0

        found = kept(patrol, crossing)
        assert found is not None
        [told] = told_of(patrol, crossing)
        assert told.event_type == "patrol.incident.clocks_recounted.v1"
        assert "handle" in {clock["kind"] for clock in told.payload["clocks"]}
        handle = next(clock.deadline for clock in found.clocks if clock.kind == "handle")
        assert handle.calendar_version.endswith("2027:1")
        assert not handle.is_provisional
        assert handle.due_original is not None
        assert handle.due_current == handle.due_original + timedelta(days=1)
        assert told_of(patrol, other) == []


class TestAnswers:
    def test_hold_the_clocks_wherever_an_incident_is_shown(self, patrol: Running) -> None:
        patrol.start(Grid, PatrolService, relays=False)
        incident = report(patrol, severity="L2")

        [accept] = incident["clocks"]
        assert (accept["kind"], accept["rule_id"]) == ("accept", "incident.l2.accept")
        assert (accept["colour"], accept["suspended"]) == ("green", False)
        moved = take(patrol, incident, "accept")
        assert [clock["outcome"] for clock in moved["clocks"]] == ["met", None]
        listed = patrol.ask("patrol", "incidents", actor=a_duty_officer(), where={})
        [same] = [item for item in listed["items"] if item["id"] == incident["id"]]
        assert [clock["kind"] for clock in same["clocks"]] == ["accept", "dispatch"]
        [told] = [
            row.payload
            for row in patrol.rows("patrol", select(outbox))
            if row.event_type == "patrol.incident.accepted.v1"
        ]
        assert [clock["number"] for clock in told["clocks"]] == [1, 2]


class TestPressing:
    """Escalating and urging by itself, where a district wants it."""

    def escalate(self, patrol: Running, at: datetime) -> int:
        return self.press(patrol, escalate_overdue, at)

    def press(self, patrol: Running, done: Callable[..., int], at: datetime) -> int:
        work = Work(patrol.database("patrol"))
        wanted = {"urge_near_due": True, "escalate_overdue": True}
        settings = patrol.settings.model_copy(update=wanted)
        return done(work, Outbox(work, Call()), settings, clock=lambda: at)

    def test_escalates_once_whoever_looks_and_how_often(self, patrol: Running) -> None:
        incident = opened(patrol, severity="L1")

        assert self.escalate(patrol, MONDAY + 5 * MINUTE) == 0
        assert self.escalate(patrol, MONDAY + 6 * MINUTE) == 1
        assert self.escalate(patrol, MONDAY + 7 * MINUTE) == 0

        found = kept(patrol, incident)
        assert found is not None
        assert found.level == "street"
        [told] = told_of(patrol, incident)
        assert told.event_type == "patrol.incident.escalated.v1"
        assert (told.payload["to_level"], told.payload["automatic"]) == ("street", True)
        [step] = patrol.rows(
            "patrol", select(step_table).where(step_table.c.incident_id == incident.incident_id)
        )
        assert (step.step, step.by, step.from_state) == ("escalate", "platform", "reported")

    def test_escalates_once_when_two_copies_look_at_the_same_moment(self, patrol: Running) -> None:
        incident = opened(patrol, severity="L1")
        late = MONDAY + 60 * MINUTE

        done = eventlet.GreenPool(4).imap(lambda _: self.escalate(patrol, late), range(4))

        assert sorted(done) == [0, 0, 0, 1]
        found = kept(patrol, incident)
        assert found is not None
        assert found.level == "street"
        assert len(told_of(patrol, incident)) == 1

    def test_urges_and_escalates_each_for_itself(self, patrol: Running) -> None:
        incident = opened(patrol, severity="L1")

        assert self.press(patrol, urge_near_due, MONDAY + 4 * MINUTE) == 1
        assert self.escalate(patrol, MONDAY + 6 * MINUTE) == 1
        assert self.press(patrol, urge_near_due, MONDAY + 6 * MINUTE) == 0

        assert [row.event_type for row in told_of(patrol, incident)] == [
            "patrol.incident.urged.v1",
            "patrol.incident.escalated.v1",
        ]

    def test_leaves_what_somebody_holds_for_the_next_time(self, patrol: Running) -> None:
        if patrol.database("patrol").is_sqlite:
            pytest.skip("SQLite has one writer: nobody holds anything meanwhile")
        incident = opened(patrol, severity="L1")
        holding = Work(patrol.database("patrol"))
        with holding.begin():
            SqlIncidentStore(holding).find(incident.incident_id)
            assert self.escalate(patrol, MONDAY + 60 * MINUTE) == 0
        holding.close()

        assert self.escalate(patrol, MONDAY + 60 * MINUTE) == 1

    @pytest.mark.parametrize("done", [urge_near_due, escalate_overdue])
    def test_is_done_only_where_it_is_wanted(
        self, patrol: Running, done: Callable[..., int]
    ) -> None:
        opened(patrol, severity="L1")
        work = Work(patrol.database("patrol"))
        late = MONDAY + 60 * MINUTE

        assert done(work, Outbox(work, Call()), patrol.settings, clock=lambda: late) == 0
