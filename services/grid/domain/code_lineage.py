"""What becomes of each code from one boundary version to the next: kept, replaced, vanished, new.

A code is never given to something else: what was filed under it years ago must still be found there.
Which code has another's ground now is told by the ground they have in common.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely

from services.grid.domain.area import LEVELS, Area, Level
from services.grid.domain.finding import Finding, Severity
from services.grid.domain.ground_area import areas_m2
from shared.kernel.grid_code import LEVELS_IN_CHINESE

SUCCEEDS_FROM_SHARE = 0.1
"""An area succeeds another when they have this share of either's ground in common."""

SAME_FROM_SHARE = 0.999
"""From this share of both in common, two outlines are one, but for surveying noise."""

OTHER_BELOW_SHARE = 0.5
"""With less than this share of either in common, one code names two different areas."""


class Fate(StrEnum):
    """What became of a code."""

    UNCHANGED = "unchanged"
    RENAMED = "renamed"
    RESHAPED = "reshaped"
    REUSED = "reused"
    REPLACED = "replaced"
    VANISHED = "vanished"
    APPEARED = "appeared"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeChange:
    """The fate of one code.

    `successors` are the other codes that have its ground now, `predecessors` those that had it
    before, most ground in common first; both may be given for a code that was reshaped.
    """

    level: Level
    code: str
    name: str
    fate: Fate
    successors: tuple[str, ...] = ()
    predecessors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """The fates of all codes of two versions, and the codes that must not be used so."""

    changes: Sequence[CodeChange]
    findings: Sequence[Finding]

    @property
    def counts(self) -> dict[Fate, int]:
        """Return how many codes met each fate."""
        counts = Counter(change.fate for change in self.changes)
        return {fate: counts[fate] for fate in Fate}


def code_lineage(
    active: Iterable[Area], draft: Iterable[Area], retired: Iterable[Area] = ()
) -> Lineage:
    """Return what becomes of the codes of *active* when *draft* takes its place.

    *retired* are areas whose codes were in use before the active version, as they were last: a
    draft that brings such a code back for other ground is warned of as well.
    """
    old, new, gone = _by_level(active), _by_level(draft), _by_level(retired)
    changes: list[CodeChange] = []
    findings: list[Finding] = []
    for level in LEVELS:
        overlay = _Overlay(old[level], new[level])
        found = [overlay.change(code) for code in dict.fromkeys([*old[level], *new[level]])]
        changes += found
        findings += [
            _reuse(old[level][change.code], new[level][change.code])
            for change in found
            if change.fate is Fate.REUSED
        ]
        findings += _returned(old[level], gone[level], new[level])
    return Lineage(changes=tuple(changes), findings=tuple(findings))


def _by_level(areas: Iterable[Area]) -> dict[Level, dict[str, Area]]:
    levels: dict[Level, dict[str, Area]] = {level: {} for level in LEVELS}
    for area in areas:
        levels[area.level][area.code] = area
    return levels


class _Overlay:
    """The areas of one level in two versions, laid over each other."""

    def __init__(self, old: Mapping[str, Area], new: Mapping[str, Area]) -> None:
        self.old, self.new = old, new
        unmoved = _unmoved(old, new)
        # An unmoved area shares ground with no other: only the rest need the costly overlay.
        self.shares = {(code, code): (1.0, 1.0) for code in unmoved} | _shares(
            [area for code, area in old.items() if code not in unmoved],
            [area for code, area in new.items() if code not in unmoved],
        )
        links = [
            pair
            for pair, shares in self.shares.items()
            if pair[0] != pair[1] and max(shares) >= SUCCEEDS_FROM_SHARE
        ]
        self.successors, self.predecessors = defaultdict(list), defaultdict(list)
        for before, after in sorted(links, key=lambda pair: -self.shares[pair][0]):
            self.successors[before].append(after)
        for before, after in sorted(links, key=lambda pair: -self.shares[pair][1]):
            self.predecessors[after].append(before)

    def change(self, code: str) -> CodeChange:
        area = self.new.get(code) or self.old[code]
        return CodeChange(
            level=area.level,
            code=code,
            name=area.name,
            fate=self._fate(code),
            successors=tuple(self.successors[code]),
            predecessors=tuple(self.predecessors[code]),
        )

    def _fate(self, code: str) -> Fate:
        if code not in self.old:
            return Fate.APPEARED
        if code not in self.new:
            return Fate.REPLACED if self.successors[code] else Fate.VANISHED
        shares = self.shares.get((code, code), (0.0, 0.0))
        if max(shares) < OTHER_BELOW_SHARE:
            return Fate.REUSED
        if min(shares) < SAME_FROM_SHARE:
            return Fate.RESHAPED
        is_renamed = self.old[code].name != self.new[code].name
        return Fate.RENAMED if is_renamed else Fate.UNCHANGED


def _unmoved(old: Mapping[str, Area], new: Mapping[str, Area]) -> set[str]:
    codes = sorted(old.keys() & new.keys())
    before = shapely.normalize([old[code].outline for code in codes])
    after = shapely.normalize([new[code].outline for code in codes])
    equal = np.atleast_1d(shapely.equals_exact(before, after, 1e-9))
    return {code for code, is_equal in zip(codes, equal, strict=True) if is_equal}


def _shares(old: Sequence[Area], new: Sequence[Area]) -> dict[tuple[str, str], tuple[float, float]]:
    """Return, for each old and new code with ground in common, its share of the old and of the new."""
    if not old or not new:
        return {}
    before = np.array([area.outline for area in old], dtype=object)
    after = np.array([area.outline for area in new], dtype=object)
    second, first = shapely.STRtree(before).query(after, predicate="intersects")
    common = areas_m2(shapely.intersection(before[first], after[second]))
    of_old, of_new = common / areas_m2(before)[first], common / areas_m2(after)[second]
    return {
        (old[a].code, new[b].code): (float(share), float(other))
        for a, b, share, other in zip(first, second, of_old, of_new, strict=True)
        if share > 0
    }


def _returned(
    old: Mapping[str, Area], retired: Mapping[str, Area], new: Mapping[str, Area]
) -> list[Finding]:
    """Return the warnings of retired codes that the draft brings back for other ground."""
    codes = [code for code in retired.keys() & new.keys() if code not in old]
    return [
        _reuse(retired[code], new[code])
        for code in sorted(codes)
        if max(_shares([retired[code]], [new[code]]).get((code, code), (0.0, 0.0)))
        < OTHER_BELOW_SHARE
    ]


def _reuse(before: Area, after: Area) -> Finding:
    spot = after.outline.representative_point()
    level = LEVELS_IN_CHINESE[after.level]
    return Finding(
        kind="area_code_reused",
        severity=Severity.WARNING,
        zh=f"{level}编码 {after.code} 原指“{before.name}”，现用于位置大不相同的“{after.name}”；"
        "旧案卷会归错地方，请为新区域另编新码。",
        en=f"The code {after.code} meant the {after.level} “{before.name}” and now names “{after.name}”, "
        "mostly elsewhere; old files would turn up in the wrong place: give the new area a code of its own.",
        level=after.level,
        codes=(after.code,),
        lon=spot.x,
        lat=spot.y,
    )
