"""What the clerks' calculator may be asked: a limit to be counted, by a rule or as it stands."""

from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Le, MaxLen, MinLen

from shared.kernel.deadlines.limit import Direction, Ends
from shared.kernel.deadlines.stop import MOST_STOPS
from shared.kernel.deadlines.unit import MOST, Unit

# RFC 3339, a date or a time with its offset.
WrittenTime = Annotated[str, MinLen(1), MaxLen(40)]
Number = Annotated[int, Ge(1), Le(max(MOST.values()))]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStop:
    """From when to when the clock stood; without an end it still does. `ground` is one the rule permits."""

    begins: WrittenTime
    ends: WrittenTime | None = None
    ground: Annotated[str, MaxLen(64)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOrder:
    """A limit to count from `start`: that of a `rule`, or `amount` of a `unit`.

    `extension` is of the rule's own unit; `roll_forward` moves an end on a rest day to the next working
    day, counted backward to the last one before.
    """

    start: WrittenTime
    rule: Annotated[str, MinLen(1), MaxLen(64)] | None = None
    extension: Annotated[int, Ge(0), Le(max(MOST.values()))] = 0
    amount: Number | None = None
    unit: Unit | None = None
    direction: Direction | None = None
    roll_forward: bool | None = None
    ends: Ends | None = None
    stops: Annotated[list[ClockStop], MaxLen(MOST_STOPS)] = field(default_factory=list)
