"""More than its own past lets one expect: counts of a span of time against those before it."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc

from services.command.domain.warning.arrays import Floats


def chance_of_as_many(
    observed: ArrayLike, past: ArrayLike, spans: ArrayLike, clumping: float = 0.0
) -> Floats:
    """Return the probability of as many or more in one span, after so many in those before.

    Without clumping it is the exact conditional test of two Poisson counts (Przyborowski and
    Wilenski, Biometrika 31, 1940), which is the upper tail of a negative binomial distribution of
    size `past` + 1. With it the variance is larger, as in Noufaily et al., Statistics in Medicine 32
    (2013), after Farrington et al., J. R. Statist. Soc. A 159 (1996). It is 1 where nothing was
    observed.

    Args:
        observed: how many there are in the span.
        past: how many there were in the spans before, together.
        spans: how many spans that were, each as long as the one tested.
        clumping: what `clumping_of` returns; the variance of a span's count is the mean, plus this
            times the mean squared.
    """
    seen, before, many = np.broadcast_arrays(
        np.atleast_1d(np.asarray(observed, dtype=np.float64)),
        np.asarray(past, dtype=np.float64),
        np.asarray(spans, dtype=np.float64),
    )
    chance = np.ones(seen.shape)
    some = np.nonzero(seen > 0)
    mean = (before[some] + 1.0) / many[some]
    variance = mean * (1.0 + clumping * mean) * (1.0 + 1.0 / many[some])
    size, failing = mean**2 / (variance - mean), 1.0 - mean / variance
    chance[some] = betainc(seen[some], size, failing)
    return chance


def clumping_of(counts: Floats) -> float:
    """Return how much the counts of a row vary beyond Poisson's, over all rows together; 0 or more.

    It is the number that makes variance = mean + clumping × mean² on the whole, by the method of
    moments (Anscombe, Biometrika 37, 1950). A row alone has too few incidents to say.

    Args:
        counts: shape (rows, spans).
    """
    rows, spans = counts.shape
    if rows == 0 or spans < 2:
        return 0.0
    mean = counts.mean(axis=1)
    squares = np.einsum("ij,ij->i", counts, counts)
    variance = (squares - spans * mean**2) / (spans - 1)
    squared_means = float((mean**2 - variance / spans).sum())
    beyond = float((variance - mean).sum())
    return beyond / squared_means if beyond > 0 and squared_means > 0 else 0.0
