"""The areas of one level of a draft, each hung up in the level above."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from services.grid.domain.draft_area import DraftArea

UNKNOWN = -1

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tier:
    """The areas of one level; `parents` holds the position of each one's parent in the tier above.

    Positions count from 0; UNKNOWN stands for none.
    """

    areas: Sequence[DraftArea]
    parents: Positions


def tier(areas: Sequence[DraftArea], parents: ArrayLike) -> Tier:
    """Return the tier of *areas* under *parents*."""
    return Tier(areas, np.asarray(parents, dtype=np.int64))
