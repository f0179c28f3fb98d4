"""What can be said of a draft's tree as a whole: its counts, levels made up, codes used twice."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from services.grid.domain.area import LEVELS, Level
from services.grid.domain.draft_area import DraftArea
from services.grid.domain.finding import Finding, Severity
from services.grid.domain.tier import Tier
from shared.kernel.grid_code import LEVELS_IN_CHINESE, LONGEST_FREE_CODE


def tree_findings(tiers: Mapping[Level, Tier]) -> list[Finding]:
    """Return the findings about the tree of *tiers* (all four levels)."""
    return [
        _counts(tiers),
        *_made_up(tiers),
        *_several_districts(tiers[Level.DISTRICT]),
        *_shared_codes(tiers),
        *_overlong(tiers),
        *_childless(tiers),
    ]


def _counts(tiers: Mapping[Level, Tier]) -> Finding:
    counts = {level: len(tiers[level].areas) for level in LEVELS}
    return Finding(
        kind="counts",
        severity=Severity.NOTE,
        zh="、".join(f"{LEVELS_IN_CHINESE[level]} {count:,}" for level, count in counts.items())
        + "。",
        en=", ".join(f"{level}: {count:,}" for level, count in counts.items()) + ".",
    )


def _made_up(tiers: Mapping[Level, Tier]) -> list[Finding]:
    return [
        Finding(
            kind="level_made_up",
            severity=Severity.NOTE,
            zh=f"文件中没有{LEVELS_IN_CHINESE[level]}一级，已由相邻级别生成 {len(tier.areas):,} 个，"
            f"首个编码为 {tier.areas[0].code}。",
            en=f"No file gives the level {level}; made from the level beside it: {len(tier.areas):,}, "
            f"the first with the code {tier.areas[0].code}.",
            level=level,
        )
        for level, tier in tiers.items()
        if tier.areas and all(area.file is None for area in tier.areas)
    ]


def _several_districts(districts: Tier) -> list[Finding]:
    codes = tuple(area.code for area in districts.areas)
    if len(codes) == 1:
        return []
    return [
        Finding(
            kind="several_districts",
            severity=Severity.ERROR,
            zh=f"一次只能导入一个区，文件中有 {len(codes)} 个（{'、'.join(codes[:5])}）；请分开导入。",
            en=f"A set has one district, and the file has {len(codes)} ({', '.join(codes[:5])}); "
            "import them apart.",
            level=Level.DISTRICT,
            codes=codes,
        )
    ]


def _shared_codes(tiers: Mapping[Level, Tier]) -> list[Finding]:
    """Refuse a code at two levels: "everything under 7" would not say under which."""
    bearers: dict[str, list[DraftArea]] = defaultdict(list)
    for tier in tiers.values():
        for area in tier.areas:
            bearers[area.code].append(area)
    return [
        Finding(
            kind="area_code_at_two_levels",
            severity=Severity.ERROR,
            zh=f"编码 {code} 同时用于{'、'.join(LEVELS_IN_CHINESE[area.level] for area in areas)}；"
            "各级编码不得相同，请改编码，例如加上级别前缀。",
            en=f"Code {code} is used at several levels ({', '.join(area.level for area in areas)}); "
            "no two areas share one: change it, with a prefix for the level, for example.",
            level=areas[-1].level,
            codes=(code,),
            file=areas[-1].file,
            feature=areas[-1].feature,
        )
        for code, areas in bearers.items()
        if len(areas) > 1
    ]


def _overlong(tiers: Mapping[Level, Tier]) -> list[Finding]:
    """Refuse codes that became too long when those of a missing level were made from them."""
    return [
        Finding(
            kind="area_code_too_long",
            severity=Severity.ERROR,
            zh=f"生成的{LEVELS_IN_CHINESE[level]}编码 {area.code} 超过 {LONGEST_FREE_CODE} 个字符；"
            "请缩短原编码，或在文件中给出这一级。",
            en=f"The made-up {level} code {area.code} has more than {LONGEST_FREE_CODE} characters; "
            "shorten the code it is made from, or give the level in a file.",
            level=level,
            codes=(area.code,),
        )
        for level, tier in tiers.items()
        for area in tier.areas
        if len(area.code) > LONGEST_FREE_CODE
    ]


def _childless(tiers: Mapping[Level, Tier]) -> list[Finding]:
    findings = []
    for level, lower in pairwise(LEVELS):
        areas = tiers[level].areas
        for at in np.setdiff1d(np.arange(len(areas)), tiers[lower].parents).tolist():
            area = areas[at]
            findings.append(
                Finding(
                    kind="without_children",
                    severity=Severity.WARNING,
                    zh=f"{LEVELS_IN_CHINESE[level]} {area.code}（{area.name}）之下没有"
                    f"{LEVELS_IN_CHINESE[lower]}，其中的点查不到网格；请补上，或检查隶属关系。",
                    en=f"{level} {area.code} ({area.name}) has no {lower} under it, points in it find no "
                    "cell; add one or look at where the areas belong.",
                    level=level,
                    codes=(area.code,),
                    file=area.file,
                    feature=area.feature,
                )
            )
    return findings
