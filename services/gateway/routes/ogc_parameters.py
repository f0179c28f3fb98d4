"""Where and when, as OGC API – Features writes them in an address (OGC 17-069r4, 7.15)."""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Query

from services.gateway.routes.ogc_door import wrong_parameter
from services.gateway.routes.wire import wired_time
from shared.kernel.box import Box
from shared.runtime.cursor import MOST_PER_PAGE

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
MOST = MOST_PER_PAGE
_RFC3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+ -]\d{2}:\d{2})", re.ASCII
)
_OPEN = ("", "..")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when to when, both moments included; without one there is no bound on that side."""

    first: datetime | None = None
    last: datetime | None = None


def box_of(text: str) -> Box:
    """Return the box that four numbers say, or six, whose heights say nothing here.

    Raises:
        HttpRefusal: they are no box.
    """
    parts = text.split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) not in (4, 6) or not all(map(math.isfinite, numbers)):
        raise _wrong_box()
    half = len(numbers) // 2
    west, south, east, north = *numbers[:2], *numbers[half : half + 2]
    if south > north:
        raise _wrong_box()
    return Box(west=west, south=south, east=east, north=north)


def span_of(text: str) -> Span:
    """Return the span that an instant or an interval says; one side of an interval may be open.

    Raises:
        HttpRefusal: it is neither.
    """
    first, slash, last = text.partition("/")
    if not slash:
        moment = _moment(first)
        return Span(first=moment, last=moment)
    if first in _OPEN and last in _OPEN:
        raise _wrong_time()
    span = Span(
        first=None if first in _OPEN else _moment(first),
        last=None if last in _OPEN else _moment(last),
    )
    if span.first is not None and span.last is not None and span.first > span.last:
        raise _wrong_time()
    return span


def _moment(text: str) -> datetime:
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise _wrong_time()
    try:
        # A plus that nobody has escaped comes as a space, and our own times have one.
        moment = datetime.fromisoformat(text.replace(" ", "+").upper())
    except ValueError:
        raise _wrong_time() from None
    wired_time(moment, "datetime")
    return moment


def _wrong_box() -> Exception:
    return wrong_parameter(
        "bbox",
        "wrong_box",
        "应为四个数：西、南、东、北（度），以逗号分隔",
        "give four numbers with commas between: west, south, east, north, in degrees",
    )


def _wrong_time() -> Exception:
    return wrong_parameter(
        "datetime",
        "wrong_time",
        "应为带时区的时刻（RFC 3339）或区间，如 2026-11-01T00:00:00Z/..",
        "give an instant with its offset (RFC 3339) or an interval, such as 2026-11-01T00:00:00Z/..",
    )


async def _box(
    bbox: Annotated[str | None, Query(include_in_schema=False, max_length=300)] = None,
    bbox_crs: Annotated[
        Literal["http://www.opengis.net/def/crs/OGC/1.3/CRS84"] | None,
        Query(alias="bbox-crs", description="只有 CRS84 · CRS84 alone"),
    ] = None,
) -> Box | None:
    return None if bbox is None else box_of(bbox)


async def _span(
    datetime: Annotated[str | None, Query(include_in_schema=False, max_length=100)] = None,
) -> Span:
    return Span() if datetime is None else span_of(datetime)


async def _limit(
    limit: Annotated[
        int,
        Query(
            ge=1,
            description=f"每页至多 {MOST} 个，更大的按此计 · at most {MOST}; more means so many",
        ),
    ] = 100,
) -> int:
    return min(limit, MOST)


InBox = Annotated[Box | None, Depends(_box)]
InSpan = Annotated[Span, Depends(_span)]
Limit = Annotated[int, Depends(_limit)]
# As the standard defines them; FastAPI knows no list written with commas.
BOX_AND_SPAN: dict[str, Any] = {
    "parameters": [
        {
            "name": "bbox",
            "in": "query",
            "required": False,
            "description": "西、南、东、北（度，CRS84） · west, south, east, north in degrees",
            "schema": {
                "type": "array",
                "minItems": 4,
                "maxItems": 6,
                "items": {"type": "number"},
            },
            "style": "form",
            "explode": False,
        },
        {
            "name": "datetime",
            "in": "query",
            "required": False,
            "description": "时刻或区间（RFC 3339），如 2026-11-01T00:00:00Z/.. · an instant or an interval",
            "schema": {"type": "string"},
            "style": "form",
            "explode": False,
        },
    ]
}
