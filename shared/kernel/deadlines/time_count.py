"""Counting in hours: from the instant of the event, without the time in which the clock stands."""

from datetime import datetime, timedelta
from typing import Protocol

from shared.kernel.deadlines.stop import Stop, time_spans

_TICK = timedelta(microseconds=1)


class TimeLine(Protocol):
    """Time of one kind, in microseconds."""

    def between(self, earlier: datetime, later: datetime) -> int: ...

    def after(self, instant: datetime, ticks: int) -> datetime: ...

    def before(self, instant: datetime, ticks: int) -> datetime: ...


class ClockTime:
    """Time as it goes, day and night."""

    def between(self, earlier: datetime, later: datetime) -> int:
        return (later - earlier) // _TICK

    def after(self, instant: datetime, ticks: int) -> datetime:
        return instant + ticks * _TICK

    def before(self, instant: datetime, ticks: int) -> datetime:
        return instant - ticks * _TICK


def count_time(
    line: TimeLine, start: datetime, ticks: int, stops: tuple[Stop, ...]
) -> datetime | None:
    """Return when so much time has passed after *start*; None while the clock stands."""
    reached, left = start, ticks
    for begins, ends in time_spans(stops):
        if ends is not None and ends <= reached:
            continue
        ran = line.between(reached, max(begins, reached))
        # What ended at the instant of the stop had ended.
        if ran >= left:
            break
        if ends is None:
            return None
        left -= ran
        reached = ends
    return line.after(reached, left)
