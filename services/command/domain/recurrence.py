"""When a matter is taken for the same thing happening again (重复发生): same cell and category, near, and soon after."""

from dataclasses import dataclass

_METRES_PER_DEGREE = 111_320


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """How near, and how many days after the one before was done; both a district's to set.

    Near is a square of degrees: `metres` to the north and south, and somewhat less to the east and west.
    """

    metres: float
    days: int

    @property
    def degrees(self) -> float:
        return self.metres / _METRES_PER_DEGREE
