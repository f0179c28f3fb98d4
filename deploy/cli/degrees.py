"""Coordinates out of text cells."""

from collections.abc import Sequence

from shared.kernel.coordinates import check_range
from shared.kernel.errors import FieldError, Invalid


class CellsWrong(Exception):
    """Cells of a row cannot be used; `errors` name the columns."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.en}" for error in errors))
        self.errors = tuple(errors)


def degrees_of(lon: tuple[str, str], lat: tuple[str, str]) -> tuple[float, float]:
    """Return the degrees in two cells, each given as its column's name and its text.

    Raises:
        CellsWrong: a cell is empty, no number, or no place on Earth.
    """
    numbers: list[float] = []
    errors: list[FieldError] = []
    for column, text in (lon, lat):
        try:
            numbers.append(number_of(column, text))
        except CellsWrong as wrong:
            errors += wrong.errors
    if errors:
        raise CellsWrong(errors)
    try:
        check_range(numbers[0], numbers[1])
    except Invalid as outside:
        columns = {"lon": lon[0], "lat": lat[0]}
        raise CellsWrong(
            [
                FieldError(field=columns[error.field], code=error.code, zh=error.zh, en=error.en)
                for error in outside.errors
            ]
        ) from None
    return numbers[0], numbers[1]


def number_of(column: str, text: str) -> float:
    """Return the number in a cell.

    Raises:
        CellsWrong: it is empty or no number.
    """
    text = text.strip()
    if not text:
        raise CellsWrong([FieldError(field=column, code="empty", zh="为空", en="is empty")])
    try:
        # Python's own notation for thousands is nobody's coordinate.
        return float(text.replace("_", "?"))
    except ValueError:
        raise CellsWrong([_no_number(column, text)]) from None


def _no_number(column: str, text: str) -> FieldError:
    shown = text if len(text) <= 40 else text[:40] + "…"
    return FieldError(
        field=column,
        code="not_a_number",
        zh=f"“{shown}”不是十进制度数，应如 112.2015",
        en=f'"{shown}" is no number of degrees; write it like 112.2015',
    )
