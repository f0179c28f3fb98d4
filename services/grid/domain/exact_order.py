"""The order of edges along a line they cross, decided by whole numbers alone."""

import numpy as np

from services.grid.domain.quantise import Integers


def order_along_lines(
    line: Integers, whole: Integers, rest: Integers, span: Integers, lean: Integers
) -> Integers:
    """Return the indices that sort crossings by line and place, just after crossing the line.

    An edge crosses at `whole + rest / span`, 0 <= rest < span < 2**31, and goes `lean / span`
    along the line for each unit across it. Two places closer than any float can tell are told
    apart: fractions with such denominators differ by more than 2**-62, so 62 binary digits
    decide. Edges crossing at the same place meet there, and lie afterwards as they lean.
    """
    order = np.lexsort((whole, line))
    same = np.zeros(len(order) + 1, dtype=bool)
    same[1:-1] = (np.diff(line[order]) == 0) & (np.diff(whole[order]) == 0)
    tied = np.flatnonzero(same[:-1] | same[1:])
    if len(tied):
        among = order[tied]
        slope, slope_rest = np.divmod(lean[among], span[among])
        place = _binary_digits(rest[among], span[among])
        turn = _binary_digits(slope_rest, span[among])
        order[tied] = among[np.lexsort((turn, slope, place, whole[among], line[among]))]
    return order


def _binary_digits(rest: Integers, span: Integers) -> Integers:
    """Return the first 62 binary digits of rest / span (below 1) as a whole number."""
    high, rest = np.divmod(rest << 31, span)
    return high << 31 | (rest << 31) // span
