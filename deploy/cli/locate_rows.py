"""The places of many points: batch by batch, each row answered or told why not."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from deploy.cli.api_client import Api
from deploy.cli.csv_table import Row
from deploy.cli.degrees import CellsWrong, degrees_of
from deploy.cli.problem import Refused
from shared.kernel.coordinates import Crs
from shared.kernel.errors import FieldError
from shared.kernel.place import PlaceStatus

BATCH = 10_000
ERROR = "error"
PLACE_COLUMNS = (
    "status",
    "distance_m",
    "cell",
    "community",
    "street",
    "district",
    "boundary_version",
)
COLUMNS = (*PLACE_COLUMNS, "reason")
_AREAS = ("cell", "community", "street", "district")
_UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked about each row: which columns hold the point, in which system, at which time."""

    lon: tuple[str, int]
    lat: tuple[str, int]
    crs: Crs
    at: datetime | None = None


@dataclass(slots=True)
class Tally:
    """How many rows got which status, and from which boundary versions."""

    statuses: dict[str, int] = field(default_factory=dict)
    versions: set[int] = field(default_factory=set)

    @property
    def rows(self) -> int:
        return sum(self.statuses.values())

    @property
    def failed(self) -> int:
        return self.statuses.get(ERROR, 0)

    def add(self, status: str) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1


Located = tuple[Row, Sequence[str]]
"""A row with the cells of `COLUMNS` to put behind it."""


def located(rows: Iterable[Row], question: Question, api: Api, tally: Tally) -> Iterator[Located]:
    """Yield each row, in order, with where it lies; what could not be answered says why.

    Raises:
        Refused: the platform refuses for a reason no row is to blame for.
        Away: it does not answer.
    """
    rows = iter(rows)
    while batch := list(islice(rows, BATCH)):
        yield from _located_batch(batch, question, api, tally)


def _located_batch(
    batch: Sequence[Row], question: Question, api: Api, tally: Tally
) -> Iterator[Located]:
    points: list[dict[str, Any]] = []
    wrong: dict[int, tuple[FieldError, ...]] = {}
    for row in batch:
        try:
            points.append(_point(row, question))
        except CellsWrong as errors:
            wrong[row.number] = errors.errors
    answers = iter(_asked(points, question.at, api))
    for row in batch:
        answer = wrong[row.number] if row.number in wrong else next(answers)
        if isinstance(answer, dict):
            tally.add(answer["status"])
            tally.versions.add(answer["boundary_version"])
            yield row, _place_cells(answer)
        else:
            tally.add(ERROR)
            yield row, _error_cells(answer)


def _point(row: Row, question: Question) -> dict[str, Any]:
    if row.errors:
        raise CellsWrong(row.errors)
    (lon_name, lon_at), (lat_name, lat_at) = question.lon, question.lat
    lon, lat = degrees_of((lon_name, row.cells[lon_at]), (lat_name, row.cells[lat_at]))
    return {"lon": lon, "lat": lat, "crs": question.crs}


Answer = dict[str, Any] | tuple[FieldError, ...]


def _asked(points: list[dict[str, Any]], at: datetime | None, api: Api) -> Iterator[Answer]:
    """Yield the answer to each point; halves a batch that is refused until one point stands alone."""
    if not points:
        return
    order = {"points": points, "at": at.isoformat() if at else None}
    try:
        yield from api.post("/grid/locate", order)["items"]
    except Refused as refused:
        if refused.status != _UNPROCESSABLE or not _blames_points(refused):
            raise
        if len(points) == 1:
            zh, en = refused.said
            details = " ".join(refused.details)
            yield (FieldError(field="", code=refused.code, zh=f"{zh}{details}", en=en),)
            return
        half = len(points) // 2
        yield from _asked(points[:half], at, api)
        yield from _asked(points[half:], at, api)


def _blames_points(refused: Refused) -> bool:
    return not any(str(error["field"]).split(".")[0] == "at" for error in refused.errors)


def _place_cells(place: dict[str, Any]) -> Sequence[str]:
    distance_m = place["distance_m"]
    areas = [(place[level] or {}).get("code", "") for level in _AREAS]
    return (
        place["status"],
        "" if distance_m is None else f"{distance_m:.2f}",
        *areas,
        str(place["boundary_version"]),
        "",
    )


def _error_cells(errors: Sequence[FieldError]) -> Sequence[str]:
    blanks = [""] * (len(PLACE_COLUMNS) - 1)
    return (ERROR, *blanks, "; ".join(reason_of(error) for error in errors))


def reason_of(error: FieldError) -> str:
    """Return a row's error in one line."""
    told = f"{error.zh} · {error.en}"
    return f"{error.field}: {told}" if error.field else told


ORDER_SHOWN = (*(status.value for status in PlaceStatus), ERROR)
