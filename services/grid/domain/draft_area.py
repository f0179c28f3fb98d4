"""An area of a boundary set that is being checked, with the place in the file that it came from."""

from dataclasses import dataclass

from shapely import MultiPolygon, Polygon

from services.grid.domain.area import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftArea:
    """An area before its place in the tree is known.

    `stated_parent` is what the file says its parent is. `outline` (WGS-84 degrees, valid) is None
    for an area that no file gives and that is made from what lies under it; such an area has no
    `file` and `feature` either. `feature` counts from 1.
    """

    level: Level
    code: str
    name: str
    stated_parent: str | None = None
    outline: Polygon | MultiPolygon | None = None
    file: str | None = None
    feature: int | None = None
