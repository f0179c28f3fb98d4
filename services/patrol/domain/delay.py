"""A delay that is asked for: a suspension or an extension, until somebody else approves or refuses it."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.contracts.patrol import StepOrder

SUSPEND, EXTEND = "suspend", "extend"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedDelay:
    """What was asked for; `kind` is the step that would approve it. Why is in the step that asks."""

    kind: str
    by: str
    at: datetime
    ground: str | None = None
    extension: int | None = None


def as_asked(asked: AskedDelay, order: StepOrder) -> StepOrder:
    """Return the order of an approval with what was asked for: nobody approves something else."""
    if asked.kind == SUSPEND:
        return replace(order, ground=asked.ground or order.ground)
    return replace(order, extension=asked.extension)
