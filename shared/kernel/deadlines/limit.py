"""A time limit: how much of which unit, in which direction, and what becomes of it on a rest day."""

from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.deadlines.unit import MOST, Unit
from shared.kernel.errors import FieldError, Invalid


class Direction(StrEnum):
    """Whether a limit runs on from its event, or has to be met so long before it (听证前七日)."""

    FORWARD = "forward"
    BACKWARD = "backward"


class Ends(StrEnum):
    """When the last day ends (民法典第二百零三条): at 24:00, or at the close of business."""

    MIDNIGHT = "midnight"
    CLOSE_OF_BUSINESS = "close_of_business"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit of `amount` units, and `extension` of them more where it was extended.

    With `rolls` one of days that ends on a rest day goes to the next working day, or counted
    backward to the last one before.
    """

    amount: int
    unit: Unit
    extension: int = 0
    direction: Direction = Direction.FORWARD
    rolls: bool = False
    ends: Ends = Ends.MIDNIGHT

    @property
    def whole(self) -> int:
        return self.amount + self.extension

    @property
    def can_roll(self) -> bool:
        """Tell whether it may end on a rest day and moves then; working days never do."""
        return self.rolls and self.unit.is_of_days and self.unit is not Unit.WORKING_DAY

    def checked(self) -> "Limit":
        """Return the limit.

        Raises:
            Invalid: it is of nothing, or longer than any law has one.
        """
        if self.amount < 1 or self.extension < 0 or self.whole > MOST[self.unit]:
            raise Invalid(
                code="amount_out_of_range",
                zh=f"期限应在 1 至 {MOST[self.unit]} 之间（单位 {self.unit.value}）。",
                en=f"A limit is of 1 to {MOST[self.unit]} of the unit {self.unit.value}.",
                errors=(
                    FieldError(
                        field="extension" if 1 <= self.amount <= MOST[self.unit] else "amount",
                        code="out_of_range",
                        zh=f"应在 1 至 {MOST[self.unit]} 之间",
                        en=f"has to be between 1 and {MOST[self.unit]}",
                    ),
                ),
            )
        return self
