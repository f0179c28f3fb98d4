"""From the layers of a boundary set to a checked draft."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from services.grid.domain.area import LEVELS, Area, Level
from services.grid.domain.border_findings import border_findings, unusable_borders
from services.grid.domain.boundary_draft import BoundaryDraft, Chain, by_weight
from services.grid.domain.boundary_unusable import BoundaryUnusable
from services.grid.domain.dissolve import covered_ground
from services.grid.domain.draft_area import DraftArea
from services.grid.domain.edge_audit import audit_edges
from services.grid.domain.feature_check import CodeRules, check_features, county_of
from services.grid.domain.finding import Finding
from services.grid.domain.level_differences import level_differences
from services.grid.domain.nesting import NestingOptions, nest
from services.grid.domain.partition import compile_partition
from services.grid.domain.quantise import quantised, to_degrees
from services.grid.domain.source_layer import SourceLayer
from services.grid.domain.tier import UNKNOWN, Tier
from services.grid.domain.tree_findings import tree_findings
from shared.kernel.grid_code import CodeScheme, checked_code

Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftOptions:
    """How a set is to be read.

    `district_code` and `district_name` are for a set whose files give no district. Differences
    between the levels' outlines up to `tolerance_m2` are not worth a finding; gaps thinner than
    `thin_gap_m` metres go to a neighbour.
    """

    scheme: CodeScheme
    district_code: str | None = None
    district_name: str | None = None
    tolerance_m2: float = 100.0
    thin_gap_m: float = 2.0


def build_draft(
    layers: Iterable[SourceLayer], options: DraftOptions, progress: Progress = lambda *_: None
) -> BoundaryDraft:
    """Check the layers of a set and make areas, tree and faces of them.

    Whatever is wrong with a feature becomes a finding; the others are checked all the same.

    Raises:
        Invalid: the district's code in *options* is malformed.
    """
    layers = list(layers)
    if options.district_code is not None:
        code = checked_code(options.district_code, options.scheme, level=Level.DISTRICT)
        options = replace(options, district_code=code)
    given, findings = _given(layers, options, progress)
    if not any(given.values()):
        return BoundaryDraft(
            scheme=options.scheme, areas=(), chain={}, findings=by_weight(findings)
        )
    progress("nest", 0, 1)
    tiers, found = nest(
        given,
        NestingOptions(
            scheme=options.scheme,
            district_code=options.district_code,
            district_name=options.district_name,
        ),
    )
    findings += found
    progress("borders", 0, 1)
    faces, found = _faces(tiers[Level.CELL].areas, options)
    findings += found
    progress("levels", 0, 1)
    covered = covered_ground(tiers, faces)
    findings += level_differences(tiers, covered, options.tolerance_m2)
    findings += tree_findings(tiers)
    return BoundaryDraft(
        scheme=options.scheme,
        areas=tuple(_areas(tiers, covered)),
        chain=_chain(tiers),
        findings=by_weight(findings),
    )


def _given(
    layers: Sequence[SourceLayer], options: DraftOptions, progress: Progress
) -> tuple[dict[Level, list[DraftArea]], list[Finding]]:
    is_cn = options.scheme is CodeScheme.CN
    county = options.district_code or county_of(layers) if is_cn else None
    rules = CodeRules(scheme=options.scheme, county=county)
    total = sum(len(layer.features) for layer in layers)
    given: dict[Level, list[DraftArea]] = {}
    findings: list[Finding] = []
    done = 0
    for level in LEVELS:
        of_level = [layer for layer in layers if layer.level is level]
        progress("check", done, total)
        given[level], found = check_features(of_level, rules)
        findings += found
        done += sum(len(layer.features) for layer in of_level)
    return given, findings


def _faces(cells: Sequence[DraftArea], options: DraftOptions) -> tuple[NDArray[Any], list[Finding]]:
    """Return the faces of the cells: as they are when they are a partition, else as one makes them."""
    outlines = [cell.outline for cell in cells if cell.outline is not None]
    try:
        if audit_edges(outlines).is_partition:
            return _rounded(outlines), []
        partition = compile_partition(outlines, thin_gap_m=options.thin_gap_m)
    except BoundaryUnusable as refusal:
        return np.array(outlines, dtype=object), [unusable_borders(refusal)]
    return np.array(partition.faces, dtype=object), border_findings(cells, partition)


def _rounded(outlines: Sequence[Any]) -> NDArray[Any]:
    return np.asarray(shapely.transform(quantised(outlines), to_degrees), dtype=object)


def _chain(tiers: Mapping[Level, Tier]) -> Chain:
    """Return the chain of every cell, by going up from tier to tier."""
    at = np.arange(len(tiers[Level.CELL].areas))
    chain = {}
    for lower, level in pairwise(reversed(LEVELS)):
        parents = np.append(tiers[lower].parents, UNKNOWN)  # so that −1 leads to −1
        at = parents[at]
        chain[level] = at.astype(np.int32)
    return chain


def _areas(tiers: Mapping[Level, Tier], covered: Mapping[Level, NDArray[Any]]) -> Iterator[Area]:
    above: Sequence[DraftArea] = ()
    for level in LEVELS:
        tier = tiers[level]
        for area, parent, ground in zip(tier.areas, tier.parents, covered[level], strict=True):
            is_made = area.file is None or level is Level.CELL
            yield Area(
                level=level,
                code=area.code,
                name=area.name,
                parent_code=above[parent].code if above and parent != UNKNOWN else None,
                outline=ground if is_made or area.outline is None else area.outline,
            )
        above = tier.areas
