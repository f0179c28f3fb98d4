"""Puts real adapters behind the registry's use cases."""

from functools import cache
from pathlib import Path

from services.grid import queries
from services.grid.clients import PatrolClient
from services.grid.files.job_process import JobProcess
from services.grid.files.shelf import BoundaryShelf, Span
from services.grid.store import SqlBoundaryStore, SqlCalendarStore, SqlOfficerStore
from services.grid.usecases.activate_boundary import ActivateBoundary
from services.grid.usecases.compute_clock import ComputeClock
from services.grid.usecases.foresee_moves import ForeseeMoves
from services.grid.usecases.import_boundary import ImportBoundary
from services.grid.usecases.set_calendar import SetCalendar
from services.grid.usecases.set_cell_officers import SetCellOfficers
from shared.kernel.clock import Clock, china_now
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.runtime import calendars
from shared.runtime.blobs import Blobs
from shared.runtime.database import ServiceDatabase, database_of
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import Outbox
from shared.runtime.settings import Settings
from shared.runtime.work import Work


def folder_of(settings: Settings) -> Path:
    return settings.data / "grid"


@cache
def _shelf(folder: Path, database: ServiceDatabase) -> BoundaryShelf:
    def read_spans() -> list[Span]:
        with database.reading() as connection:
            return queries.spans(connection)

    return BoundaryShelf(folder, read_spans)


def shelf(settings: Settings) -> BoundaryShelf:
    """Return the shelf of this process: versions are loaded once for all workers."""
    return _shelf(folder_of(settings), database_of(settings, "grid"))


def job_process(settings: Settings) -> JobProcess:
    def folders_in_force() -> list[str]:
        with database_of(settings, "grid").reading() as connection:
            return [span.folder for span in reversed(queries.spans(connection)) if span.since]

    return JobProcess(folder_of(settings), Blobs(settings.data / "blobs"), folders_in_force)


def import_boundary(settings: Settings, work: Work, *, clock: Clock = china_now) -> ImportBoundary:
    return ImportBoundary(job_process(settings), SqlBoundaryStore(work), work, clock)


def activate_boundary(
    settings: Settings, work: Work, outbox: Outbox, *, clock: Clock = china_now
) -> ActivateBoundary:
    return ActivateBoundary(SqlBoundaryStore(work), shelf(settings), outbox, work, clock)


def set_calendar(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> SetCalendar:
    return SetCalendar(SqlCalendarStore(work), outbox, work, clock)


def deadline_clock(settings: Settings, work: Work) -> DeadlineClock:
    return calendars.clock_of(work, settings)


def compute_clock(settings: Settings, work: Work) -> ComputeClock:
    return ComputeClock(deadline_clock(settings, work))


def set_cell_officers(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> SetCellOfficers:
    return SetCellOfficers(SqlOfficerStore(work), outbox, work, clock)


def foresee_moves(neighbours: Neighbours) -> ForeseeMoves:
    return ForeseeMoves(PatrolClient(neighbours))
