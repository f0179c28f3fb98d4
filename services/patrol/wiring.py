"""Puts real adapters behind patrol's use cases."""

from datetime import timedelta

from services.patrol.clients import GridClient
from services.patrol.ports import GridLocator
from services.patrol.store import forgetting
from services.patrol.store.incidents import SqlIncidentStore
from services.patrol.usecases.anonymise_incidents import AnonymiseIncidents
from services.patrol.usecases.close_off_incident import CloseOffIncident
from services.patrol.usecases.report_incident import ReportIncident
from services.patrol.usecases.take_step import TakeStep
from shared.kernel.clock import Clock, china_now
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import Outbox
from shared.runtime.work import Work

AT_ONCE = 500
# With all that was told of each.
ANONYMISED_AT_ONCE = 50


def grid(neighbours: Neighbours) -> GridLocator:
    return GridClient(neighbours)


def report_incident(
    work: Work, outbox: Outbox, locator: GridLocator, *, clock: Clock = china_now
) -> ReportIncident:
    return ReportIncident(SqlIncidentStore(work), locator, outbox, work, clock)


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


def close_off_incident(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> CloseOffIncident:
    return CloseOffIncident(SqlIncidentStore(work), outbox, work, clock)


def take_step(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> TakeStep:
    return TakeStep(SqlIncidentStore(work), outbox, work, clock)
