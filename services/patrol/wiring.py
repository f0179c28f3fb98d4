"""Puts real adapters behind patrol's use cases."""

from collections.abc import Callable
from datetime import timedelta

from services.patrol.clients import GridClient
from services.patrol.ports import GridLocator
from services.patrol.store import forgetting, named_files
from services.patrol.store.clocks import SqlClockStore
from services.patrol.store.incidents import SqlIncidentStore
from services.patrol.usecases.anonymise_incidents import AnonymiseIncidents
from services.patrol.usecases.close_off_incident import CloseOffIncident
from services.patrol.usecases.recount_clocks import RecountClocks
from services.patrol.usecases.report_incident import ReportIncident
from services.patrol.usecases.take_step import TakeStep
from services.patrol.usecases.tell_due_clocks import TellDueClocks
from shared.kernel.clock import Clock, china_now
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.runtime.calendars import clock_of
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import Outbox
from shared.runtime.settings import Settings
from shared.runtime.work import Work

AT_ONCE = 500
# With all that was told of each.
ANONYMISED_AT_ONCE = 50


def grid(neighbours: Neighbours) -> GridLocator:
    return GridClient(neighbours)


def report_incident(
    work: Work,
    outbox: Outbox,
    locator: GridLocator,
    settings: Settings,
    *,
    clock: Clock = china_now,
) -> ReportIncident:
    store = SqlIncidentStore(work)
    return ReportIncident(store, locator, outbox, work, _counting(work, settings), clock)


def forget_contacts(work: Work, kept_for: timedelta, *, clock: Clock = china_now) -> int:
    """Forget whom to ask about what ended so long ago, some hundreds in a transaction; return how many."""
    forgotten = 0
    while True:
        with work.begin():
            some = forgetting.forget_contacts(work.connection, clock() - kept_for, at_most=AT_ONCE)
        work.keep()
        forgotten += some
        if some < AT_ONCE:
            return forgotten


def anonymise_incidents(
    work: Work, outbox: Outbox, kept_for: timedelta, *, clock: Clock = china_now
) -> int:
    """Anonymise all that ended so long ago, some in a transaction; return how many."""
    use_case = AnonymiseIncidents(SqlIncidentStore(work), outbox, work, clock)
    anonymised = 0
    while some := use_case(kept_for, at_most=ANONYMISED_AT_ONCE):
        work.keep()
        anonymised += some
    work.close()
    return anonymised


def enter_named_files(work: Work, since: timedelta, *, clock: Clock = china_now) -> None:
    """Enter which files were named so long ago or later."""
    with work.begin():
        named_files.enter_names_since(work.connection, clock() - since)
    work.keep()


def tell_due_clocks(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> int:
    """Tell of all clocks that are due, some in a transaction; return of how many incidents."""
    use_case = TellDueClocks(SqlClockStore(work), outbox, work, clock)
    told = 0
    while True:
        some = use_case(at_most=AT_ONCE)
        work.keep()
        told += some
        if some < AT_ONCE:
            return told


def recount_clocks(
    work: Work, outbox: Outbox, settings: Settings, *, clock: Clock = china_now
) -> int:
    """Count anew all clocks whose calendar changed, some in a transaction; return in how many."""
    counting = _counting(work, settings)
    use_case = RecountClocks(SqlClockStore(work), outbox, work, counting, clock)
    batches, last = 0, use_case(at_most=AT_ONCE)
    work.keep()
    while last is not None:
        batches += 1
        last = use_case(last, at_most=AT_ONCE)
        work.keep()
    return batches


def close_off_incident(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> CloseOffIncident:
    return CloseOffIncident(SqlIncidentStore(work), outbox, work, clock)


def take_step(
    work: Work, outbox: Outbox, settings: Settings, *, clock: Clock = china_now
) -> TakeStep:
    return TakeStep(SqlIncidentStore(work), outbox, work, _counting(work, settings), clock)


def _counting(work: Work, settings: Settings) -> Callable[[], DeadlineClock]:
    """Count deadlines by the rules and the calendars that are in force when the transaction is open."""
    return lambda: clock_of(work.connection, settings)
