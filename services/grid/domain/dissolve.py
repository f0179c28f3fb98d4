"""The ground that the cells of each area cover together."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from services.grid.domain.area import LEVELS, Level
from services.grid.domain.tier import Tier


def covered_ground(tiers: Mapping[Level, Tier], faces: NDArray[Any]) -> dict[Level, NDArray[Any]]:
    """Return, for each area of each level, the union of the faces of its cells; empty without cells."""
    covered = {Level.CELL: faces}
    for lower, level in pairwise(reversed(LEVELS)):
        parents = tiers[lower].parents
        order = np.argsort(parents, kind="stable")
        starts = np.searchsorted(parents[order], np.arange(len(tiers[level].areas) + 1))
        members = covered[lower][order]
        unions = [shapely.union_all(members[start:end]) for start, end in pairwise(starts)]
        covered[level] = np.array(unions, dtype=object)
    return covered
