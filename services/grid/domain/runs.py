"""Runs of equal values in sorted arrays, and ranges of numbers written out."""

import numpy as np

from services.grid.domain.quantise import Booleans, Integers


def is_first(*keys: Integers) -> Booleans:
    """Tell where a new run of equal keys begins, in arrays sorted by them."""
    first = np.ones(len(keys[0]), dtype=bool)
    if len(first):
        first[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    return first


def expand(first: Integers, last: Integers) -> tuple[Integers, Integers]:
    """Return, for every number in each range first <= n < last, the index of its range and itself."""
    counts = np.maximum(last - first, 0)
    of = np.repeat(np.arange(len(counts)), counts)
    return of, np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts - first, counts)
