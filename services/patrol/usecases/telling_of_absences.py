"""What the others are told of an absence."""

from datetime import datetime
from typing import TypeVar

from services.patrol.ports.rosters import KeptAbsence
from shared.contracts.rosters import AbsenceTold

Told = TypeVar("Told", bound=AbsenceTold)


def told_of_absence(contract: type[Told], kept: KeptAbsence, *, at: datetime, by: str) -> Told:
    """Return the event about an absence."""
    absence = kept.absence
    return contract(
        absence_id=absence.absence_id,
        officer=absence.account,
        replaced_by=absence.replaced_by,
        absent_from=absence.absent_from,
        absent_to=absence.absent_to,
        cells=list(kept.cells),
        at=at,
        by=by,
    )
