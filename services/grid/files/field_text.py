"""Values of a table's field as the texts that codes and names are."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

_EXACT_BELOW = 2.0**53
_NUMBER_SAVED_AS_TEXT = re.compile(r"([0-9]{6,})\.0+")


def field_texts(values: NDArray[Any]) -> list[str | None]:
    """Return the text of each value; None where there is none.

    Codes are often saved as numbers: 420802001001 and 420802001001.0 both become "420802001001".
    A float too large to be exact keeps its exponent, which no code scheme takes for digits.
    """
    if values.dtype.kind == "f":
        return [_of_float(float(value)) for value in values]
    if values.dtype.kind == "M":
        return [None if np.isnat(value) else str(value) for value in values]
    return [_of_object(value) for value in values]


def _of_float(value: float) -> str | None:
    if np.isnan(value):
        return None
    if value.is_integer() and abs(value) < _EXACT_BELOW:
        return str(int(value))
    return repr(value)


def _of_object(value: object) -> str | None:
    if value is None:
        return None
    text = str(value)
    number = _NUMBER_SAVED_AS_TEXT.fullmatch(text)
    return (number[1] if number else text) if text.strip() else None
