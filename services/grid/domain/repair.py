"""Mending an outline that is no valid area, and saying what was wrong with it."""

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from services.grid.domain.boundary_unusable import BoundaryUnusable


def repair_outline(geometry: BaseGeometry | None) -> tuple[Polygon | MultiPolygon, str | None]:
    """Return the outline as a valid area in two dimensions, and why it had to be mended, if so.

    The reason is GEOS's text with the place, as "Self-intersection[112.2 31.0]". The area is
    rebuilt from its rings ("structure"), so that what a ring encloses stays enclosed. Of a
    mixed collection the areas are kept.

    Raises:
        BoundaryUnusable: (a ValueError) Nothing of the geometry is an area.
    """
    if geometry is None or geometry.is_empty:
        raise _unusable("没有坐标", "it has no coordinates")
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise _unusable("坐标含非数值或无穷大", "a coordinate is no finite number")
    outline, reason = shapely.force_2d(geometry), None
    if not outline.is_valid:
        reason = shapely.is_valid_reason(outline)
        outline = shapely.make_valid(outline, method="structure", keep_collapsed=False)
    if outline.geom_type == "GeometryCollection":
        reason = reason or "Parts that are no areas"
        outline = shapely.union_all(_areas(outline))
    if outline.is_empty or not isinstance(outline, Polygon | MultiPolygon):
        what = reason or geometry.geom_type
        raise _unusable(f"不是面（{what}）", f"it is no area ({what})")
    return outline, reason


def _areas(geometry: BaseGeometry) -> list[Polygon]:
    if isinstance(geometry, Polygon):
        return [geometry]
    return [area for part in getattr(geometry, "geoms", ()) for area in _areas(part)]


def _unusable(zh: str, en: str) -> BoundaryUnusable:
    return BoundaryUnusable(
        code="no_area",
        zh=f"该轮廓不能使用：{zh}。请检查源文件中的这一要素并重新导出。",
        en=f"The outline cannot be used: {en}. Check the feature in the source and export it again.",
    )
