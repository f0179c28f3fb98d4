"""Which area lies in which: by the file's word, by code prefix or by containment, level by level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from services.grid.domain.area import LEVELS, Level
from services.grid.domain.draft_area import DraftArea
from services.grid.domain.finding import Finding, Severity
from services.grid.domain.ground_area import areas_m2
from services.grid.domain.missing_levels import district_code, extended, inserted
from services.grid.domain.tier import UNKNOWN, Positions, Tier, tier
from shared.kernel.grid_code import LEVELS_IN_CHINESE, CodeScheme, parent_code


@dataclass(frozen=True, slots=True, kw_only=True)
class NestingOptions:
    """How codes are read, and what the district is called when no file gives it."""

    scheme: CodeScheme
    district_code: str | None = None
    district_name: str | None = None


def nest(
    given: Mapping[Level, Sequence[DraftArea]], options: NestingOptions
) -> tuple[dict[Level, Tier], list[Finding]]:
    """Return all four tiers, from the district down, and the areas that have no parent.

    Parents are found by code prefix in `cn`; in `free` by what the areas state, and where a level
    states nothing, by the largest common area. A level that is not in *given* is made from its
    neighbours; the areas made from those below have no outline.
    """
    districts = given.get(Level.DISTRICT) or [_district(given, options)]
    tiers = {Level.DISTRICT: tier(districts, np.full(len(districts), UNKNOWN))}
    findings: list[Finding] = []
    above = Level.DISTRICT
    for level in LEVELS[1:]:
        areas = _without_district(given.get(level, ()), districts)
        if not areas:
            continue
        missing = LEVELS[LEVELS.index(above) + 1 : LEVELS.index(level)]
        by_stated = bool(missing) and _state_the_missing(areas, tiers[above], options.scheme)
        claims = None if by_stated else _claims(areas, above, options.scheme)
        parents = _parents(areas, tiers[above].areas, claims)
        findings += _parentless(areas, parents, above, claims)
        if by_stated:
            findings += [_orphan(area, *_SILENT) for area in areas if area.stated_parent is None]
        tiers |= _filled(
            level, missing, tiers[above], tier(areas, parents), options.scheme, by_stated
        )
        above = level
    for level in LEVELS[LEVELS.index(above) + 1 :]:
        tiers[level] = extended(level, tiers[above], options.scheme)
        above = level
    return {level: tiers[level] for level in LEVELS}, findings


def by_containment(areas: Sequence[DraftArea], above: Sequence[DraftArea]) -> Positions:
    """Return, for each area, the position of the one above with which it has most ground in common.

    UNKNOWN where it has none in common with any.
    """
    outlines = np.array([area.outline for area in areas], dtype=object)
    around = np.array([area.outline for area in above], dtype=object)
    inner, outer = shapely.STRtree(around).query(outlines, predicate="intersects")
    common = areas_m2(shapely.intersection(outlines[inner], around[outer]))
    order = np.argsort(common, kind="stable")
    order = order[common[order] > 0]
    parents = np.full(len(areas), UNKNOWN)
    parents[inner[order]] = outer[order]  # of several, the last written, the largest, stays
    return parents


def _district(given: Mapping[Level, Sequence[DraftArea]], options: NestingOptions) -> DraftArea:
    code = options.district_code or district_code(given, options.scheme)
    return DraftArea(level=Level.DISTRICT, code=code, name=options.district_name or code)


def _filled(
    level: Level,
    missing: Sequence[Level],
    above: Tier,
    placed: Tier,
    scheme: CodeScheme,
    by_stated: bool,
) -> dict[Level, Tier]:
    """Return the tier *placed* at *level* and those of the *missing* levels between it and *above*."""
    filled: dict[Level, Tier] = {}
    for between in reversed(missing):
        upper, filled[level] = inserted(between, above, placed, scheme, by_stated_parent=by_stated)
        level, placed, by_stated = between, upper, False
    return {**filled, level: placed}


def _state_the_missing(areas: Sequence[DraftArea], above: Tier, scheme: CodeScheme) -> bool:
    """Tell whether the parents that *areas* state are those of a level that no file gives."""
    stated = {area.stated_parent for area in areas} - {None}
    known = {area.code for area in above.areas}
    return scheme is CodeScheme.FREE and bool(stated) and not stated & known


def _without_district(
    areas: Sequence[DraftArea], districts: Sequence[DraftArea]
) -> list[DraftArea]:
    """Forget that areas state the district as their parent: that does not say in which part of it."""
    known = {district.code for district in districts}
    return [
        replace(area, stated_parent=None) if area.stated_parent in known else area for area in areas
    ]


def _claims(
    areas: Sequence[DraftArea], above: Level, scheme: CodeScheme
) -> list[str | None] | None:
    """Return the code of each area's parent, or None when nothing but the map can tell."""
    if scheme is CodeScheme.CN:
        return [parent_code(area.code, above) for area in areas]
    stated = [area.stated_parent for area in areas]
    return stated if any(parent is not None for parent in stated) else None


def _parents(
    areas: Sequence[DraftArea], above: Sequence[DraftArea], claims: Sequence[str | None] | None
) -> Positions:
    if len(above) == 1 and above[0].level is Level.DISTRICT:
        return np.zeros(len(areas), dtype=np.int64)
    if claims is None:
        return by_containment(areas, above)
    at: dict[str | None, int] = {area.code: position for position, area in enumerate(above)}
    return np.array([at.get(claim, UNKNOWN) for claim in claims], dtype=np.int64)


def _parentless(
    areas: Sequence[DraftArea],
    parents: Positions,
    above: Level,
    claims: Sequence[str | None] | None,
) -> list[Finding]:
    zh_above = LEVELS_IN_CHINESE[above]
    findings = []
    for position in np.flatnonzero(parents == UNKNOWN).tolist():
        claim = claims[position] if claims is not None else None
        if claims is not None and claim is None:
            words = _SILENT
        elif claim is not None:
            words = (
                f"上级{zh_above} {claim} 不在导入的文件中；请补上该{zh_above}，或改正编码或上级字段。",
                f"its {above} {claim} is in no file; add it there, or mend the code or the parent field.",
            )
        else:
            words = (
                f"不在任何{zh_above}之内；请检查图形位置，或用上级字段指明所属{zh_above}。",
                f"it lies in no {above}; look at its place, or name the {above} in a parent field.",
            )
        findings.append(_orphan(areas[position], *words))
    return findings


_SILENT = (
    "上级字段为空，而其他要素都填写了上级；请填写。",
    "its parent field is empty, while others state their parent; fill it in.",
)


def _orphan(area: DraftArea, zh: str, en: str) -> Finding:
    spot = None if area.outline is None else area.outline.representative_point()
    return Finding(
        kind="parent_missing",
        severity=Severity.ERROR,
        zh=f"{area.file} 第 {area.feature} 个要素（{area.code}）：{zh}",
        en=f"{area.file}, feature {area.feature} ({area.code}): {en}",
        level=area.level,
        codes=(area.code,),
        file=area.file,
        feature=area.feature,
        lon=None if spot is None else spot.x,
        lat=None if spot is None else spot.y,
    )
