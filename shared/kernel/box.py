"""A rectangle on the map, in degrees."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle in WGS-84; with `west` greater than `east` it lies over the antimeridian (RFC 7946, 5.2)."""

    west: float
    south: float
    east: float
    north: float

    @property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """Return the stretches of longitude it covers, each from its west to its east."""
        if self.west <= self.east:
            return ((self.west, self.east),)
        return ((self.west, 180.0), (-180.0, self.east))
