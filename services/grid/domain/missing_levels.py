"""Levels that no file gives: made from the level below, or from the one above."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from services.grid.domain.area import LEVELS, Level
from services.grid.domain.draft_area import DraftArea
from services.grid.domain.tier import UNKNOWN, Positions, Tier, tier
from shared.kernel.grid_code import CodeScheme, parent_code

DEFAULT_DISTRICT_CODE = "district"
_FIRST_OF_ITS_PARENT = "001"


def district_code(given: Mapping[Level, Sequence[DraftArea]], scheme: CodeScheme) -> str:
    """Return the code of a district that no file gives.

    In `cn` it is what the codes begin with. In `free` it is the parent that all areas of a level
    state, when that is none of the areas above them; failing that, "district".
    """
    above: set[str | None] = {None}
    for level in LEVELS:
        areas = given.get(level, ())
        if areas and scheme is CodeScheme.CN:
            return areas[0].code[:6]
        stated = {area.stated_parent for area in areas}
        if len(stated) == 1 and not stated & above:
            return str(stated.pop())
        above |= {area.code for area in areas}
    return DEFAULT_DISTRICT_CODE


def inserted(
    level: Level, above: Tier, below: Tier, scheme: CodeScheme, *, by_stated_parent: bool
) -> tuple[Tier, Tier]:
    """Return the tier of the missing *level* between two tiers, and *below* hung up in it.

    Areas below are one area of *level* when their codes share the prefix (`cn`), when they state
    one parent, or else when they lie in one area above: that then has one part at this level.
    The new areas have no outline yet.
    """
    parents = below.parents.tolist()
    keys = [
        _key(level, area, None if at == UNKNOWN else above.areas[at], scheme, by_stated_parent)
        for area, at in zip(below.areas, parents, strict=True)
    ]
    names = dict(key for key in keys if key is not None)
    order = {code: position for position, code in enumerate(names)}
    hung = np.array([UNKNOWN if key is None else order[key[0]] for key in keys], dtype=np.int64)
    areas = [DraftArea(level=level, code=code, name=name) for code, name in names.items()]
    return tier(areas, _majority(hung, below.parents, len(areas))), tier(below.areas, hung)


def extended(level: Level, above: Tier, scheme: CodeScheme) -> Tier:
    """Return the tier of a *level* that is missing at the bottom: one area for each area above."""
    suffix = _FIRST_OF_ITS_PARENT if scheme is CodeScheme.CN else f"-{level}"
    areas = [
        replace(area, level=level, code=area.code + suffix, file=None, feature=None)
        for area in above.areas
    ]
    return tier(areas, np.arange(len(areas)))


def _key(
    level: Level,
    area: DraftArea,
    parent: DraftArea | None,
    scheme: CodeScheme,
    by_stated_parent: bool,
) -> tuple[str, str] | None:
    """Return code and name of the area of *level* that *area* belongs to."""
    if scheme is CodeScheme.FREE and not by_stated_parent:
        return None if parent is None else (f"{parent.code}-{level}", parent.name)
    code = area.stated_parent if by_stated_parent else parent_code(area.code, level)
    return None if code is None else (code, code)


def _majority(hung: Positions, parents: Positions, count: int) -> list[int]:
    """Return, for each new area, the parent above that most of the areas in it had."""
    votes = [Counter[int]() for _ in range(count)]
    for new, parent in zip(hung.tolist(), parents.tolist(), strict=True):
        if new != UNKNOWN and parent != UNKNOWN:
            votes[new][parent] += 1
    return [vote.most_common(1)[0][0] if vote else UNKNOWN for vote in votes]
