"""What a matter moves on the boards: how many there are in a state, and of a category, in each place."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from services.command.domain.matter import Matter

STATE, CATEGORY = "state", "category"
DAY, MONTH, YEAR = "day", "month", "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardChange:
    """Matters under `codes`, reported on `day`: one left a state and entered another.

    Without the first it is new there, without the second it is gone from there.
    """

    codes: tuple[str, ...]
    day: date
    category: str
    left: str | None
    entered: str | None


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """Where numbers of the boards are kept together: a place in a span of time, by its first day."""

    place_code: str
    span: str
    first_day: date


# How many matters there are by kind, state or category, and its name.
Numbers = Counter[tuple[str, str]]


def changes_of(before: Matter | None, after: Matter) -> list[BoardChange]:
    """Return what an event changed on the boards; what is closed to anybody is in no sum."""
    was_counted = before is not None and before.compartment is None
    is_counted = after.compartment is None
    if before is not None and was_counted and is_counted and _counted(before) == _counted(after):
        if before.state == after.state:
            return []
        return [_change(after, left=before.state, entered=after.state)]
    gone = [_change(before, left=before.state, entered=None)] if before and was_counted else []
    return [*gone, come_in(after)] if is_counted else gone


def come_in(matter: Matter) -> BoardChange:
    """Return what a matter moves that was not counted before."""
    return _change(matter, left=None, entered=matter.state)


def sums_of(changes: Iterable[BoardChange]) -> dict[Slot, Numbers]:
    """Return by how much these changes move the numbers of each slot."""
    sums: dict[Slot, Numbers] = defaultdict(Counter)
    for change in changes:
        moved = list(_moved(change))
        spans = [(span, first_day_of(span, change.day)) for span in (DAY, MONTH, YEAR)]
        for code in change.codes:
            for span, first_day in spans:
                numbers = sums[Slot(code, span, first_day)]
                for kind, name, by in moved:
                    numbers[kind, name] += by
    return sums


def first_day_of(span: str, day: date) -> date:
    """Return the day on which the span that holds *day* begins."""
    if span == DAY:
        return day
    return day.replace(day=1) if span == MONTH else day.replace(month=1, day=1)


def _moved(change: BoardChange) -> Iterable[tuple[str, str, int]]:
    if change.left is not None:
        yield STATE, change.left, -1
    if change.entered is not None:
        yield STATE, change.entered, +1
    if change.left is None:
        yield CATEGORY, change.category, +1
    if change.entered is None:
        yield CATEGORY, change.category, -1


def _counted(matter: Matter) -> tuple[tuple[str, ...], date, str]:
    return matter.counted_under, matter.reported_on, matter.category


def _change(matter: Matter, *, left: str | None, entered: str | None) -> BoardChange:
    return BoardChange(
        codes=matter.counted_under,
        day=matter.reported_on,
        category=matter.category,
        left=left,
        entered=entered,
    )
