"""An area of the grid tree: district, street, community or cell."""

from dataclasses import dataclass
from enum import StrEnum

from shapely import MultiPolygon, Polygon


class Level(StrEnum):
    """The four levels, from the whole down to the cell."""

    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    CELL = "cell"


LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One area of one boundary version; `outline` is in WGS-84 degrees, longitude first."""

    level: Level
    code: str
    name: str
    parent_code: str | None
    outline: Polygon | MultiPolygon
