"""Joint handling (联合处置): the units asked in beside the lead one, and what each of them answered."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

# As many as sit at a table; every answer and every event of the incident carries them.
MOST_UNITS = 20


class Answer(StrEnum):
    """What a unit that was asked in has answered."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class JointUnit:
    """A unit asked to handle a task with the lead one; why it refuses, or with what result, is in the steps."""

    unit: str
    invited_at: datetime
    answer: Answer = Answer.INVITED
    answered_at: datetime | None = None
    done_at: datetime | None = None


JointUnits = tuple[JointUnit, ...]


def answer_of(units: JointUnits, unit: str | None) -> Answer | None:
    """Return what a unit has answered; None when it was not asked."""
    return next((each.answer for each in units if each.unit == unit), None)


def invited(units: JointUnits, unit: str, *, at: datetime) -> JointUnits:
    """Return the units with one asked in; whoever refused, or has done his part, is asked anew."""
    others = tuple(each for each in units if each.unit != unit)
    return (*others, JointUnit(unit=unit, invited_at=at))


def answered(units: JointUnits, unit: str | None, answer: Answer, *, at: datetime) -> JointUnits:
    """Return the units with the answer of one."""
    return tuple(
        replace(each, answer=answer, answered_at=at) if each.unit == unit else each
        for each in units
    )


def done(units: JointUnits, unit: str | None, *, at: datetime) -> JointUnits:
    """Return the units, one of which has done its part."""
    return tuple(
        replace(each, answer=Answer.DONE, done_at=at) if each.unit == unit else each
        for each in units
    )
