"""What patrol says about who is there for the cells (排班), and what may be asked of it.

Who is responsible for a cell is the grid registry's word alone; who is on leave, and who stands in, is patrol's.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from annotated_types import Ge, Le

from shared.contracts.event import event, unheard
from shared.contracts.patrol import ShortCode
from shared.contracts.patrol_rounds import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceOrder:
    """Somebody will not be there (`POST /rosters/absences`); why is nobody's business here.

    Where a cell would be left without an officer or a leader, it takes a replacement, or the word that the gap is
    accepted.
    """

    account: ShortCode
    absent_from: Moment
    absent_to: Moment
    replaced_by: ShortCode | None = None
    accept_gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterQuestion:
    """For which cells, and for what time; without a place, for all the caller reaches."""

    place: str | None = None
    since: Moment | None = None
    until: Moment | None = None
    limit: Annotated[int, Ge(1), Le(200)] = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceTold:
    """What is told of an absence: accounts, never names, and no reason."""

    event_type: ClassVar[str]
    aggregate: ClassVar[str] = "absence_id"

    absence_id: str
    officer: str
    replaced_by: str | None
    absent_from: datetime
    absent_to: datetime
    cells: list[str]
    at: datetime
    by: str


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceRecorded(AbsenceTold):
    """Somebody will not be there for his cells; who stands in, if anybody does."""

    event_type: ClassVar[str] = "patrol.absence.recorded.v1"


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceWithdrawn(AbsenceTold):
    """Somebody will be there after all."""

    event_type: ClassVar[str] = "patrol.absence.withdrawn.v1"
