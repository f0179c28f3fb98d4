"""A boundary set that has been checked: its areas, how they nest, and everything found in it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from services.grid.domain.area import LEVELS, Area, Level
from services.grid.domain.finding import Finding, Severity
from shared.kernel.grid_code import CodeScheme

Chain = Mapping[Level, NDArray[np.int32]]
"""For each cell, the position (from 0) of its community, street and district among the areas of that
level; −1 where it has none, which only a draft with errors has."""


_WEIGHTS = tuple(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryDraft:
    """A checked boundary set.

    `areas` come level by level from the district down, in the order of the files; a cell's outline
    is its face: faces neither overlap nor, but for the gaps in `findings`, leave gaps.
    """

    scheme: CodeScheme
    areas: Sequence[Area]
    chain: Chain
    findings: Sequence[Finding]

    @property
    def counts(self) -> dict[Level, int]:
        """Return how many areas each level has."""
        counts = Counter(area.level for area in self.areas)
        return {level: counts[level] for level in LEVELS}

    @property
    def faces(self) -> list[Polygon | MultiPolygon]:
        """Return the outlines of the cells, in the order of the chain."""
        return [area.outline for area in self.areas if area.level is Level.CELL]

    @property
    def repaired(self) -> list[Finding]:
        """Return the findings about geometries that were invalid and have been repaired."""
        return [finding for finding in self.findings if finding.kind == "geometry_repaired"]

    @property
    def can_be_activated(self) -> bool:
        """Tell whether nothing forbids that the draft becomes the active version."""
        return bool(self.areas) and not self._has(Severity.ERROR)

    @property
    def needs_acceptance(self) -> bool:
        """Tell whether a person must accept the warnings before activation."""
        return self._has(Severity.WARNING)

    @property
    def totals(self) -> dict[str, tuple[int, float]]:
        """Return, for each kind of finding, how many there are and their area together in m²."""
        totals: dict[str, tuple[int, float]] = {}
        for finding in self.findings:
            count, area_m2 = totals.get(finding.kind, (0, 0.0))
            totals[finding.kind] = (count + 1, area_m2 + (finding.area_m2 or 0.0))
        return totals

    def _has(self, severity: Severity) -> bool:
        return any(finding.severity is severity for finding in self.findings)


def by_weight(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings: errors first, of one severity the largest first, then by file and feature."""
    return tuple(
        sorted(
            findings,
            key=lambda finding: (
                _WEIGHTS.index(finding.severity),
                -(finding.area_m2 or 0.0),
                finding.file or "",
                finding.feature or 0,
            ),
        )
    )
