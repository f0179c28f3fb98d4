"""Where something is: a point as a device gives it, and the areas it lies in."""

from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.coordinates import Crs

# The levels of the grid tree, from the district down.
AREA_LEVELS = ("district", "street", "community", "cell")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A point in degrees in the coordinate system `crs`; `accuracy_m` is the device's own word."""

    lon: float
    lat: float
    crs: Crs = Crs.WGS84
    accuracy_m: float | None = None


class PlaceStatus(StrEnum):
    """How sure the answer is: in a cell, within the tolerance of one, or in none."""

    INSIDE = "inside"
    SNAPPED = "snapped"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedArea:
    """An area of the grid tree, as people and machines call it."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a look-up answers: the chain of areas, stamped with the boundary version that gave it.

    `distance_m` is the way to the cell in metres: 0 inside, None outside.
    """

    status: PlaceStatus
    distance_m: float | None
    cell: NamedArea | None
    community: NamedArea | None
    street: NamedArea | None
    district: NamedArea | None
    boundary_version: int

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes of the areas it lies in, from the district down."""
        chain = (self.district, self.street, self.community, self.cell)
        return tuple(area.code for area in chain if area is not None)
