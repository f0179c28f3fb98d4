"""Where the outlines of two levels disagree: children outside their parent, ground without a child."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from services.grid.domain.area import LEVELS, Level
from services.grid.domain.draft_area import DraftArea
from services.grid.domain.finding import Finding, Severity
from services.grid.domain.ground_area import areas_m2
from services.grid.domain.tier import UNKNOWN, Tier
from shared.kernel.grid_code import LEVELS_IN_CHINESE

Outlines = NDArray[Any]

_ROUNDING_SHARE = 1e-5
"""Rounding moves a border by millimetres: some 900 m² along the border of a district of 1,661 km²."""


def level_differences(
    tiers: Mapping[Level, Tier], covered: Mapping[Level, Outlines], tolerance_m2: float
) -> list[Finding]:
    """Return the differences that are worth a finding, level by level.

    They are larger than *tolerance_m2*, and than what rounding to the grid of the index makes of the
    area's border. *covered* holds, for each area, the union of the cells under it. Only outlines
    that a file gives are compared: those made from other levels say nothing of their own.
    """
    findings = []
    for level, lower in pairwise(LEVELS):
        given = np.array(
            [area.outline if area.file is not None else None for area in tiers[level].areas],
            dtype=object,
        )
        findings += _outside(tiers[lower], covered[lower], level, given, tolerance_m2)
        findings += _uncovered(tiers[level], covered[level], given, tolerance_m2)
    return findings


def _outside(
    children: Tier, covered: Outlines, level: Level, around: Outlines, tolerance_m2: float
) -> list[Finding]:
    hung = np.flatnonzero(children.parents != UNKNOWN).tolist()
    own = np.array(
        [
            cells if area.outline is None else area.outline
            for area, cells in zip(children.areas, covered, strict=True)
        ],
        dtype=object,
    )
    rest = shapely.difference(own[hung], around[children.parents[hung]])
    size = areas_m2(rest)
    words = (
        f"有一部分在其上级{LEVELS_IN_CHINESE[level]}之外；请核对边界或隶属关系（定位按隶属关系）。",
        f"part of it lies outside its {level}; look at the border or at where it belongs "
        "(a point is located by where its cell belongs).",
    )
    return [
        _difference("outside_parent", children.areas[hung[at]], rest[at], float(size[at]), *words)
        for at in _grave(size, own[hung], tolerance_m2)
    ]


def _uncovered(
    tier: Tier, covered: Outlines, given: Outlines, tolerance_m2: float
) -> list[Finding]:
    rest = shapely.difference(given, covered)
    size = areas_m2(rest)
    words = (
        "有一部分不属于它的任何网格；请补网格，或核对边界。",
        "part of it belongs to none of its cells; add cells or look at the border.",
    )
    return [
        _difference("without_cell", tier.areas[at], rest[at], float(size[at]), *words)
        for at in _grave(size, given, tolerance_m2)
    ]


def _grave(size_m2: NDArray[np.float64], outlines: Outlines, tolerance_m2: float) -> list[int]:
    worth = np.maximum(tolerance_m2, _ROUNDING_SHARE * areas_m2(outlines))
    return [int(at) for at in np.flatnonzero(size_m2 > worth)]


def _difference(
    kind: str, area: DraftArea, part: shapely.Geometry, size_m2: float, zh: str, en: str
) -> Finding:
    pieces = shapely.get_parts(part)
    spot = pieces[np.argmax(shapely.area(pieces))].representative_point()
    zh_level = LEVELS_IN_CHINESE[area.level]
    return Finding(
        kind=kind,
        severity=Severity.WARNING,
        zh=f"{zh_level} {area.code}（{area.name}）：{size_m2:,.0f} 平方米，{zh}",
        en=f"{area.level} {area.code} ({area.name}): {size_m2:,.0f} m², {en}",
        level=area.level,
        codes=(area.code,),
        file=area.file,
        feature=area.feature,
        lon=spot.x,
        lat=spot.y,
        area_m2=size_m2,
    )
