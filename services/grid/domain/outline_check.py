"""Whether a feature's geometry can be an area at all, and its repair when it is nearly one."""

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from services.grid.domain.feature_findings import feature_finding
from services.grid.domain.finding import Finding, Severity
from services.grid.domain.ground_area import areas_m2
from services.grid.domain.repair import repair_outline
from services.grid.domain.source_layer import SourceFeature, SourceLayer
from shared.kernel.errors import Invalid

_AREAL = {"Polygon", "MultiPolygon", "GeometryCollection"}
_HALF_THE_EARTH_DEG = 180
_UNCHANGED_SHARE = 0.001
"""A repair that changes the area by more than this must be looked at by a person."""


def checked_outline(
    layer: SourceLayer, feature: SourceFeature
) -> tuple[Polygon | MultiPolygon, list[Finding]]:
    """Return the feature's outline, valid, and the finding that it was repaired, if it was.

    Raises:
        Invalid: what is wrong with the geometry and how to mend it.
    """
    outline = _areal(feature.outline)
    _check_place(outline)
    mended, reason = repair_outline(outline)
    return mended, [] if reason is None else [_repaired(layer, feature, mended, reason)]


def _areal(outline: BaseGeometry | None) -> BaseGeometry:
    if outline is None:
        raise Invalid(
            code="geometry_missing",
            zh="没有图形；请补绘，或删除该要素。",
            en="it has no geometry; draw it or delete the feature.",
        )
    if outline.geom_type not in _AREAL:
        raise Invalid(
            code="geometry_not_areal",
            zh=f"图形是 {outline.geom_type}，不是面（Polygon/MultiPolygon）；请检查是否选错图层。",
            en=f"the geometry is a {outline.geom_type}, not a polygon; look whether the layer is the right one.",
        )
    if outline.is_empty:
        raise Invalid(
            code="geometry_empty",
            zh="图形为空；请补绘，或删除该要素。",
            en="the geometry is empty; draw it or delete the feature.",
        )
    return outline


def _check_place(outline: BaseGeometry) -> None:
    if not (abs(shapely.get_coordinates(outline)) <= (180, 90)).all():
        raise Invalid(
            code="coordinates_out_of_range",
            zh="坐标超出经纬度范围；请检查坐标系（--crs）和经纬度次序。",
            en="its coordinates are out of range; look at the coordinate system (--crs) and whether "
            "longitude comes first.",
        )
    west, _, east, _ = outline.bounds
    if east - west > _HALF_THE_EARTH_DEG:
        raise Invalid(
            code="antimeridian",
            zh="图形跨越 180° 经线，不支持；请分成两部分。",
            en="it crosses the antimeridian, which is not supported; split it in two.",
        )


def _repaired(
    layer: SourceLayer, feature: SourceFeature, mended: Polygon | MultiPolygon, reason: str
) -> Finding:
    before, after = areas_m2([feature.outline, mended])
    changed = float(abs(after - before))
    spot = mended.representative_point()
    return feature_finding(
        layer,
        feature,
        Severity.WARNING if changed > _UNCHANGED_SHARE * after else Severity.NOTE,
        "geometry_repaired",
        f"图形无效（{reason}），已自动修复，面积变化 {changed:,.0f} 平方米；请核对。",
        f"the geometry was invalid ({reason}) and has been repaired; its area changed by {changed:,.0f} m². "
        "Look at it.",
        lon=spot.x,
        lat=spot.y,
        area_m2=changed,
    )
