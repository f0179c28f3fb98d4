"""What the grid registry's use cases need from outside."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from services.grid.domain.boundary import Boundary
from services.grid.domain.boundary_draft import BoundaryDraft
from shared.contracts.event import Event
from shared.contracts.grid import BoundaryImport, CellOfficer, CellPoint
from shared.kernel.deadlines.calendar_year import CalendarYear


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSet:
    """A boundary set that the job has checked: the draft, what became of codes, and its folder."""

    folder: str
    draft: BoundaryDraft
    changes: list[dict[str, Any]]


class BoundaryChecker(Protocol):
    """Checks uploaded files in a process of its own, which may take a minute."""

    def check(self, order: BoundaryImport) -> CheckedSet:
        """Return the checked set; its folder is new and belongs to nobody yet."""
        ...

    def discard(self, folder: str) -> None: ...


class BoundaryStore(Protocol):
    """Boundary versions; writes belong to the open transaction."""

    def add(self, boundary: dict[str, Any], changes: list[dict[str, Any]]) -> int:
        """Keep the version and the fates of its codes; return its number."""
        ...

    def find(self, version: int) -> dict[str, Any] | None: ...

    def activate(self, version: int, at: datetime) -> None:
        """Put the version in force and the one before out of it."""
        ...


class OfficerStore(Protocol):
    """Who is responsible for a cell; nobody is deleted, a span ends."""

    def replace(self, cell_code: str, officers: list[CellOfficer], at: datetime) -> None: ...


class CalendarStore(Protocol):
    """Calendars of years; versions are only ever added."""

    def newest(self, year: int) -> CalendarYear | None:
        """Return the version in force, held against others that set it; None where none is published."""
        ...

    def add(
        self, year: CalendarYear, *, published_on: date | None, set_at: datetime, set_by: str
    ) -> None:
        """Keep a version, and put it in force for this service."""
        ...


class Shelf(Protocol):
    """The boundary versions of this process, loaded when first asked for."""

    def version(self, version: int) -> Boundary: ...

    def in_force(self, at: datetime | None) -> Boundary:
        """Return the version in force at that time, now by default.

        Raises:
            Unavailable: none is, or was then.
        """
        ...

    def look_again(self) -> None:
        """Notice at once that another version is in force."""
        ...


class OpenIncidents(Protocol):
    """The open incidents of patrol, in pages."""

    def pages(self) -> Iterator[list[CellPoint]]: ...


class Outbox(Protocol):
    """Events put here leave when the transaction is kept, and not otherwise."""

    def put(self, told: Event, *, occurred_at: datetime | None = None) -> None: ...


class Transaction(Protocol):
    """What is written inside is kept whole, with the answer to the command, or not at all."""

    def begin(self) -> AbstractContextManager[None]: ...
