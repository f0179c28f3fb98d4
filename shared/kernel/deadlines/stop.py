"""A stop of a clock (中止、扣除): from when to when it does not run, and on which ground (rules DL-04)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from shared.kernel.clock import CHINA
from shared.kernel.errors import FieldError, Invalid

Point = TypeVar("Point", date, datetime)
MOST_STOPS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A clock stands from `begins` until `ends`; with no end it stands still.

    `ground` is a code of the rule's own list, empty where no rule was named.
    """

    begins: datetime
    ends: datetime | None
    ground: str = ""


def day_spans(stops: Iterable[Stop]) -> list[tuple[date, date | None]]:
    """Return the days not counted, each span from its first day to the first counted again.

    The day a clock is stopped on is not over, so it does not count; the day it runs again counts.
    """
    spans = ((_day(stop.begins), None if stop.ends is None else _day(stop.ends)) for stop in stops)
    return _merged(spans)


def time_spans(stops: Iterable[Stop]) -> list[tuple[datetime, datetime | None]]:
    """Return when a clock of hours stands."""
    return _merged((stop.begins, stop.ends) for stop in stops)


def checked_stops(stops: Iterable[Stop], *, grounds: frozenset[str] | None) -> tuple[Stop, ...]:
    """Return the stops in their order; *grounds* are those permitted, None where no rule is named.

    Raises:
        Invalid: one ends before it begins, its ground is not permitted, or there are too many.
    """
    found = tuple(stops)
    wrong = [
        finding
        for number, stop in enumerate(found)
        for finding in _findings(stop, f"stops.{number}", grounds)
    ]
    if len(found) > MOST_STOPS:
        zh, en = f"至多 {MOST_STOPS} 次", f"at most {MOST_STOPS} of them"
        wrong.append(FieldError(field="stops", code="too_many", zh=zh, en=en))
    if wrong:
        raise Invalid(
            code="stops_wrong",
            zh="中止有误，详见 errors。",
            en="The stops are not right; see errors.",
            errors=tuple(wrong),
        )
    return tuple(sorted(found, key=lambda stop: stop.begins))


def _findings(stop: Stop, field: str, grounds: frozenset[str] | None) -> Iterable[FieldError]:
    if stop.ends is not None and stop.ends < stop.begins:
        zh, en = "恢复不得早于中止", "it ends before it begins"
        yield FieldError(field=f"{field}.to", code="ends_first", zh=zh, en=en)
    if grounds is not None and stop.ground not in grounds:
        permitted = "、".join(sorted(grounds))
        zh = f"该期限允许的中止事由：{permitted or '无'}"
        en = f"the grounds this rule permits: {permitted or 'none'}"
        yield FieldError(field=f"{field}.ground", code="ground_not_permitted", zh=zh, en=en)


def _day(moment: datetime) -> date:
    return moment.astimezone(CHINA).date()


def _merged(spans: Iterable[tuple[Point, Point | None]]) -> list[tuple[Point, Point | None]]:
    merged: list[tuple[Point, Point | None]] = []
    for begins, ends in sorted(spans, key=lambda span: span[0]):
        if merged and (merged[-1][1] is None or begins <= merged[-1][1]):
            first, last = merged[-1]
            latest = None if last is None or ends is None else max(last, ends)
            merged[-1] = (first, latest)
        else:
            merged.append((begins, ends))
    return [span for span in merged if span[0] != span[1]]
