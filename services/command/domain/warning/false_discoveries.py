"""Of many tests at once: which of the small probabilities count."""

import numpy as np

from services.command.domain.warning.arrays import Booleans, Floats


def adjusted(p: Floats) -> Floats:
    """Return the probabilities adjusted for how many they are, in the same shape.

    Those up to a rate are the discoveries, of which on average no more than that rate are false:
    Benjamini and Hochberg, Controlling the False Discovery Rate, J. R. Statist. Soc. B 57 (1995),
    for tests that are independent or go up together (Benjamini and Yekutieli, 2001).
    """
    flat = p.ravel()
    order = np.argsort(flat)[::-1]
    ranks = np.arange(flat.size, 0, -1)
    climbing = np.minimum.accumulate(flat[order] * (flat.size / ranks))
    out = np.empty_like(flat)
    out[order] = np.minimum(climbing, 1.0)
    return out.reshape(p.shape)


def discovered(p: Floats, rate: float) -> Booleans:
    """Tell which are discoveries at a rate; the same as `adjusted(p) <= rate`, in less time."""
    flat = p.ravel()
    if not flat.size:
        return np.zeros(p.shape, dtype=np.bool_)
    # The others are never among them, and sorting millions takes the time of all the rest.
    small = np.sort(flat[flat <= rate])
    holds = np.flatnonzero(small <= np.arange(1, small.size + 1) * (rate / flat.size))
    limit = small[holds[-1]] if holds.size else -1.0
    return np.asarray(p <= limit)
