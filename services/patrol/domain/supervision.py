"""Supervision (督办) and urging (催办): a desk asks how a matter stands, and is answered; its state stays."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

# Every answer and the row of the incident carry them all.
MOST_SUPERVISIONS = 50


class Asking(StrEnum):
    """How pressing it is: a supervision has a limit of its own to be answered in."""

    SUPERVISE = "supervise"
    URGE = "urge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervision:
    """A record of one; who asked, why, and what was answered are in the steps that bear its number.

    `clock` is the number of the clock it has to be answered by, or which it urges; None when none ran.
    """

    number: int
    kind: Asking
    level: str
    at: datetime
    clock: int | None = None
    answered_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.answered_at is None


Supervisions = tuple[Supervision, ...]


def open_numbers(supervisions: Supervisions) -> list[int]:
    """Return the numbers of what was not answered yet."""
    return [each.number for each in supervisions if each.is_open]


def all_answered(supervisions: Supervisions, *, at: datetime) -> Supervisions:
    """Return them with what was open answered: one answer says how the matter stands."""
    return tuple(replace(each, answered_at=at) if each.is_open else each for each in supervisions)
