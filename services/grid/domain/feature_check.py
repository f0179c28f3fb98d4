"""From the features of a level's files to areas with valid outlines and codes, one of each code."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from shapely import union_all

from services.grid.domain.area import Level
from services.grid.domain.draft_area import DraftArea
from services.grid.domain.feature_findings import feature_finding
from services.grid.domain.finding import Finding, Severity
from services.grid.domain.outline_check import checked_outline
from services.grid.domain.source_layer import SourceFeature, SourceLayer
from shared.kernel.errors import Invalid
from shared.kernel.grid_code import CodeScheme, checked_code

_COUNTY_DIGITS = 6
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRules:
    """The scheme of a set's codes; `county` (six digits) is the district's own code, only in `cn`."""

    scheme: CodeScheme
    county: str | None = None


def county_of(layers: Iterable[SourceLayer]) -> str | None:
    """Return the six digits that a `cn` set's codes begin with: the district's, or else most codes'."""
    codes = [
        (layer.level, feature.code)
        for layer in layers
        for feature in layer.features
        if feature.code is not None
    ]
    own = [code for level, code in codes if level is Level.DISTRICT]
    counties = Counter(code[:_COUNTY_DIGITS] for code in own or [code for _, code in codes])
    return counties.most_common(1)[0][0] if counties else None


def check_features(
    layers: Iterable[SourceLayer], rules: CodeRules
) -> tuple[list[DraftArea], list[Finding]]:
    """Return the areas of one level that can be checked further, and what was found in all features.

    A feature without a usable code or outline is left out. Features of one code become one area,
    and an error: so the check of the borders does not find gaps that are none.
    """
    areas: dict[str, DraftArea] = {}
    findings: list[Finding] = []
    for layer in layers:
        findings += [*layer.findings, *_nameless(layer)]
        for feature in layer.features:
            area, found = _checked(layer, feature, rules)
            findings += found
            if area is None:
                continue
            if first := areas.get(area.code):
                findings.append(_duplicate(layer, feature, first))
                area = replace(first, outline=union_all([first.outline, area.outline]))
            areas[area.code] = area
    return list(areas.values()), findings


def _checked(
    layer: SourceLayer, feature: SourceFeature, rules: CodeRules
) -> tuple[DraftArea | None, list[Finding]]:
    outline = None
    try:
        outline, findings = checked_outline(layer, feature)
    except Invalid as wrong:
        findings = [_refused(layer, feature, wrong)]
    try:
        _check_name(feature)
        code = _code(feature, layer.level, rules)
        parent = _stated_parent(feature, code, rules)
    except Invalid as wrong:
        return None, [*findings, _refused(layer, feature, wrong)]
    if outline is None:
        return None, findings
    area = DraftArea(
        level=layer.level,
        code=code,
        name=feature.name or code,
        stated_parent=parent,
        outline=outline,
        file=layer.file,
        feature=feature.number,
    )
    return area, findings


def _refused(layer: SourceLayer, feature: SourceFeature, wrong: Invalid) -> Finding:
    return feature_finding(layer, feature, Severity.ERROR, wrong.code, wrong.zh, wrong.en)


def _check_name(feature: SourceFeature) -> None:
    if feature.name is not None and len(feature.name) > _LONGEST_NAME:
        raise Invalid(
            code="name_too_long",
            zh=f"名称有 {len(feature.name)} 个字符，最多 {_LONGEST_NAME} 个；请检查是否选错名称字段。",
            en=f"its name has {len(feature.name)} characters and may have {_LONGEST_NAME}; look whether the "
            "name field is the right one.",
        )


def _code(feature: SourceFeature, level: Level, rules: CodeRules) -> str:
    if feature.code is None:
        raise Invalid(
            code="area_code_missing",
            zh="没有编码；请填写编码字段。",
            en="it has no code; fill in the code field.",
        )
    return checked_code(feature.code, rules.scheme, level=level, county=rules.county)


def _stated_parent(feature: SourceFeature, code: str, rules: CodeRules) -> str | None:
    if feature.parent is None:
        return None
    try:
        parent = checked_code(feature.parent, rules.scheme)
    except Invalid as wrong:
        raise Invalid(
            code="parent_code_malformed", zh=f"上级字段：{wrong.zh}", en=f"parent field: {wrong.en}"
        ) from wrong
    if rules.scheme is CodeScheme.CN and not code.startswith(parent):
        raise Invalid(
            code="parent_contradicts_code",
            zh=f"上级字段写的是 {parent}，但编码 {code} 不以它开头；请改正其一。",
            en=f"the parent field says {parent}, but the code {code} does not begin with it; mend one of them.",
        )
    return parent


def _duplicate(layer: SourceLayer, feature: SourceFeature, first: DraftArea) -> Finding:
    return feature_finding(
        layer,
        feature,
        Severity.ERROR,
        "area_code_duplicate",
        f"编码与 {first.file} 第 {first.feature} 个要素重复；"
        "若是同一区域的几部分，请合并为一个多部件要素，否则请改编码。",
        f"its code is that of {first.file}, feature {first.feature}, as well; if they are parts of one "
        "area, merge them into one multi-part feature, else give it a code of its own.",
    )


def _nameless(layer: SourceLayer) -> list[Finding]:
    nameless = [feature.number for feature in layer.features if not feature.name]
    if not nameless:
        return []
    return [
        Finding(
            kind="name_missing",
            severity=Severity.NOTE,
            zh=f"{layer.file}：{len(nameless)} 个要素没有名称（首个为第 {nameless[0]} 个），以编码代替。",
            en=f"{layer.file}: {len(nameless)} features have no name (the first is number {nameless[0]}); "
            "their code stands in.",
            level=layer.level,
            file=layer.file,
            feature=nameless[0],
        )
    ]
