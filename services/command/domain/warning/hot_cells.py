"""Hot cells: where a cell and those beside it hold more than their share (Gi*)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.special import gammainc, gammaincc, ndtr

from services.command.domain.warning.arrays import Floats

STRAIGHT = 1e-3
"""A skewness so small that the tail is that of the normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """How hot each cell is; both arrays have the shape of the counts.

    `z` is Gi* in standard deviations. `p` is the probability of as much or more by chance; it is 1
    where there is no more than the share.
    """

    z: Floats
    p: Floats


def gi_star(counts: ArrayLike, near: csr_array) -> Floats:
    """Return Gi* with binary weights, the cell among its own neighbours, in standard deviations.

    Ord and Getis, Local Spatial Autocorrelation Statistics, Geographical Analysis 27 (1995), eq. 14,
    after Getis and Ord, Geographical Analysis 24 (1992). It is 0 where it has no meaning: all cells
    hold the same, or all are neighbours.

    Args:
        counts: shape (cells,), or (cells, any) for many countings of the same cells.
        near: what `neighbourhoods` returns.
    """
    values = np.asarray(counts, dtype=np.float64)
    above, scale = _above_share(values, near)
    return np.divide(above, scale, out=np.zeros_like(above), where=scale > 0)


def heat(counts: ArrayLike, near: csr_array) -> Heat:
    """Return Gi* and the probability of as much when the same counts lie in the cells at random.

    What is counted is rare: a handful of incidents a cell, most of them none. Their sum over seven
    cells is skewed, and far out, where it counts, the tail of a normal distribution is a hundred
    times too thin. So it is that of a gamma distribution with the mean, the variance and the
    skewness that the sum has over all permutations (Pearson type III; Mielke and Berry, Permutation
    Methods, 2nd ed. 2007, ch. 2), a half count below the sum since counts are whole. The skewness of a
    sum drawn without replacement: Cochran, Sampling Techniques, 3rd ed. 1977, sec. 2.15.

    Args:
        counts: whole numbers, shape (cells,) or (cells, any).
        near: what `neighbourhoods` returns.
    """
    values = np.asarray(counts, dtype=np.float64)
    above, scale = _above_share(values, near)
    z = np.divide(above, scale, out=np.zeros_like(above), where=scale > 0)
    hot = np.nonzero((above > 0) & (scale > 0))
    p = np.ones_like(z)
    if not hot[0].size:
        return Heat(z=z, p=p)
    skewness = _skewness(values, near)[hot]
    p[hot] = upper_tail((above[hot] - 0.5) / scale[hot], skewness)
    return Heat(z=z, p=p)


def upper_tail(z: Floats, skewness: Floats) -> Floats:
    """Return P(Z >= z) of a Pearson type III variate with mean 0, deviation 1 and this skewness."""
    tail: Floats = ndtr(-z)
    bent = np.abs(skewness) > STRAIGHT
    shape = 4.0 / skewness[bent] ** 2
    root = np.sqrt(shape)
    to_right = skewness[bent] > 0
    reach = np.maximum(shape + np.where(to_right, z[bent], -z[bent]) * root, 0.0)
    tail[bent] = np.where(to_right, gammaincc(shape, reach), gammainc(shape, reach))
    return tail


def _above_share(values: Floats, near: csr_array) -> tuple[Floats, Floats]:
    """Return by how much each neighbourhood's sum is above its share, and the deviation of that."""
    cells = len(values)
    sizes = _sizes(values, near)
    if cells == 0:
        return np.zeros_like(values), np.zeros_like(values)
    mean = values.mean(axis=0)
    spread = values.std(axis=0)
    # Equal numbers leave a spread of rounding errors.
    spread = np.where(np.ptp(values, axis=0) > 0, spread, 0.0)
    room = np.maximum(cells * sizes - sizes**2, 0.0) / max(cells - 1, 1)
    return near @ values - sizes * mean, spread * np.sqrt(room)


def _skewness(values: Floats, near: csr_array) -> Floats:
    """Return the skewness of each neighbourhood's sum over all permutations of the values."""
    cells, sizes = len(values), _sizes(values, near)
    spread = values.std(axis=0)
    third = ((values - values.mean(axis=0)) ** 3).mean(axis=0)
    own = np.divide(third, spread**3, out=np.zeros_like(third), where=spread > 0)
    drawn = sizes * (cells - sizes)
    factor = np.zeros_like(drawn)
    np.divide((cells - 2 * sizes) ** 2 * (cells - 1), drawn, out=factor, where=drawn > 0)
    signed = np.sign(cells - 2 * sizes) * np.sqrt(factor) / max(cells - 2, 1)
    return np.asarray(np.broadcast_to(own * signed, values.shape))


def _sizes(values: Floats, near: csr_array) -> Floats:
    """Return how many cells each neighbourhood has, to go with the shape of the values."""
    sizes: Floats = np.diff(near.indptr).astype(np.float64)
    return sizes if values.ndim == 1 else sizes[:, np.newaxis]
