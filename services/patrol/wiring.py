"""Puts real adapters behind patrol's use cases."""

from services.patrol.clients import GridClient
from services.patrol.ports import GridLocator
from services.patrol.store import SqlIncidentStore
from services.patrol.usecases.close_off_incident import CloseOffIncident
from services.patrol.usecases.report_incident import ReportIncident
from services.patrol.usecases.take_step import TakeStep
from shared.kernel.clock import Clock, china_now
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import Outbox
from shared.runtime.work import Work


def grid(neighbours: Neighbours) -> GridLocator:
    return GridClient(neighbours)


def report_incident(
    work: Work, outbox: Outbox, locator: GridLocator, *, clock: Clock = china_now
) -> ReportIncident:
    return ReportIncident(SqlIncidentStore(work), locator, outbox, work, clock)


def close_off_incident(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> CloseOffIncident:
    return CloseOffIncident(SqlIncidentStore(work), outbox, work, clock)


def take_step(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> TakeStep:
    return TakeStep(SqlIncidentStore(work), outbox, work, clock)
