"""Cells that changed: many more incidents in the newest days than the cell's own past lets one expect."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.command.domain.warning.arrays import Floats, Integers
from services.command.domain.warning.excess import chance_of_as_many, clumping_of

DaysCounted = NDArray[np.integer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The newest span of each cell against its past; all arrays have shape (cells,).

    `expected` is the mean of the past spans, in incidents a span; `p` the probability of as many as
    `observed` or more if nothing had changed.
    """

    observed: Integers
    expected: Floats
    p: Floats
    spans: int
    clumping: float


def changes(daily: DaysCounted, *, span_days: int = 7) -> Changes:
    """Compare the newest span of each cell with its spans before; whole weeks even out weekdays.

    Args:
        daily: incidents a cell and day, shape (cells, days), oldest first; days that do not make a
            whole span at the beginning are left out.
        span_days: length of a span, in days.

    Raises:
        ValueError: there is no span before the newest.
    """
    spans = daily.shape[1] // span_days
    if spans < 2:
        raise ValueError(f"{daily.shape[1]} days are no two spans of {span_days}")
    whole = daily[:, daily.shape[1] - spans * span_days :]
    counts = whole.reshape(len(daily), spans, span_days).sum(axis=2, dtype=np.float64)
    before, observed = counts[:, :-1], counts[:, -1]
    past, clumping = before.sum(axis=1), clumping_of(before)
    return Changes(
        observed=observed.astype(np.int64),
        expected=past / (spans - 1),
        p=chance_of_as_many(observed, past, spans - 1, clumping),
        spans=spans - 1,
        clumping=clumping,
    )
