"""What is needed to know who is there for which cell."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.patrol.domain.roster import Absence
from shared.contracts.grid import AssignedCell


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAbsence:
    """An absence as it was recorded; `areas` are what all the officer's cells lie in, by level."""

    absence: Absence
    cells: tuple[str, ...]
    areas: dict[str, str | None]
    recorded_by: str
    recorded_at: datetime
    withdrawn_at: datetime | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """Return where whoever commands may take it back."""
        areas = [code for code in self.areas.values() if code is not None]
        # Somebody of one cell may be looked after by the desk of that cell.
        return (*areas, *self.cells) if len(self.cells) == 1 else tuple(areas)


class RosterGround(Protocol):
    """The grid registry as rosters ask it, before the transaction."""

    def cells_of_officer(
        self, account: str, since: datetime, until: datetime
    ) -> list[AssignedCell]:
        """Return the cells an account is responsible for at any time of a span, with all who share them."""
        ...


class AbsenceStore(Protocol):
    """Absences; writes belong to the open transaction."""

    def held_between(self, begins: datetime, ends: datetime) -> list[Absence]:
        """Return the absences of a time; nobody else records one until the transaction ends."""
        ...

    def add(self, kept: KeptAbsence) -> None: ...

    def find(self, absence_id: str) -> KeptAbsence | None: ...

    def withdraw(self, absence_id: str, *, by: str, at: datetime) -> None: ...
