"""The step of an explanation that counts: which days or hours are in the limit, and which are not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.kernel.deadlines.day_words import (
    day_en,
    day_zh,
    holiday_en,
    instant,
    runs_of,
    span,
)
from shared.kernel.deadlines.limit import Direction
from shared.kernel.deadlines.reckoner import Reckoner
from shared.kernel.deadlines.reckoning import Reckoning, midnight_after, midnight_of
from shared.kernel.deadlines.stop import day_spans
from shared.kernel.deadlines.unit import Unit, amount_en, amount_zh
from shared.kernel.deadlines.work_calendar import WorkCalendar

_DAY = timedelta(days=1)
_DAYS_SHOWN = 10
_TICKS_A_MINUTE = 60_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step in both languages."""

    zh: str
    en: str


def counted(reckoned: Reckoning, reckoner: Reckoner) -> Iterator[Step]:
    """Return the steps from the start to the end."""
    if reckoned.limit.unit is Unit.WORKING_HOUR:
        yield from _office_hours(reckoned, reckoner)
    elif reckoned.limit.unit is Unit.WORKING_DAY:
        first, last = _between(reckoned)
        yield _working_days(reckoner.calendar, first, last)
        yield from _without_stops(reckoned, reckoner.calendar, first, last)
    yield _reached(reckoned)


def _between(reckoned: Reckoning) -> tuple[date, date]:
    """Return the first and last day that are counted, day 0 not among them."""
    last = reckoned.ends_on or reckoned.day_zero
    if reckoned.limit.direction is Direction.BACKWARD:
        return last, reckoned.day_zero - _DAY
    return reckoned.day_zero + _DAY, last


def _working_days(calendar: WorkCalendar, first: date, last: date) -> Step:
    every = (last - first).days + 1
    works = calendar.working_days(first, last)
    runs = runs_of(calendar.days_off_between(first, last))
    makeup = calendar.makeup_days_between(first, last)
    zh, en = [f"{span(first, last)} 共 {every} 天"], [f"{span(first, last)} are {every} days"]
    if runs:
        zh.append("放假 " + "、".join(f"{span(a, b)}（{name}）" for a, b, name in runs))
        en.append("off " + ", ".join(f"{span(a, b)} ({holiday_en(n)})" for a, b, n in runs))
    if makeup:
        zh.append("调休上班 " + "、".join(day_zh(day) for day in makeup))
        en.append("worked instead " + ", ".join(day_en(day) for day in makeup))
    zh.append(f"连同周末休息 {every - works} 天，工作日 {works} 天")
    en.append(f"weekends with them {every - works} days of rest, and {works} working days")
    return Step(zh="；".join(zh) + "。", en="; ".join(en) + ".")


def _without_stops(
    reckoned: Reckoning, calendar: WorkCalendar, first: date, last: date
) -> Iterator[Step]:
    """Say how many of the working days lie in stops, and how many are left."""
    stood = sum(
        calendar.working_days(max(begins, first), min(ends - _DAY, last))
        for begins, ends in day_spans(reckoned.stops)
        if ends is not None and max(begins, first) <= min(ends - _DAY, last)
    )
    if stood:
        left = calendar.working_days(first, last) - stood
        yield Step(
            zh=f"其中中止期间的工作日 {stood} 天扣除，余 {left} 天。",
            en=f"{stood} of the working days lie in stops, which leaves {left}.",
        )


def _office_hours(reckoned: Reckoning, reckoner: Reckoner) -> Iterator[Step]:
    """Show how much of each day counts, where they are few and the clock never stood."""
    if reckoned.due is None or reckoned.stops:
        return
    first, last = sorted((reckoned.start, reckoned.due.at))
    days = list(_worked_between(reckoner.calendar, first, last))
    if not days or len(days) > _DAYS_SHOWN:
        return
    parts = []
    for day in days:
        begin, end = max(first, midnight_of(day)), min(last, midnight_after(day))
        minutes = reckoner.working_time.between(begin, end) // _TICKS_A_MINUTE
        hours = "、".join(f"{a:%H:%M}–{b:%H:%M}" for a, b in reckoner.hours.on(day))
        parts.append((day, hours, f"{minutes // 60}:{minutes % 60:02}"))
    yield Step(
        zh="；".join(f"{day_zh(day)}办公 {hours}，计 {passed}" for day, hours, passed in parts)
        + "。",
        en="; ".join(
            f"{day_en(day)} open {hours}, {passed} counted" for day, hours, passed in parts
        )
        + ".",
    )


def _worked_between(calendar: WorkCalendar, first: datetime, last: datetime) -> Iterator[date]:
    """Return the working days of a span, no more of them than are shown, and one."""
    day, end = first.date(), last.date()
    for _ in range(_DAYS_SHOWN + 1):
        day = calendar.working_on_or_after(day)
        if day > end:
            return
        yield day
        day += _DAY


def _reached(reckoned: Reckoning) -> Step:
    limit, last, due = reckoned.limit, reckoned.ends_on, reckoned.due
    zh, en = amount_zh(limit.whole, limit.unit), amount_en(limit.whole, limit.unit)
    if last is None or due is None:
        raise ValueError("a clock that stands has no end")
    if not limit.unit.is_of_days:
        moment = instant(due.at)
        return Step(zh=f"计满 {zh} 为 {moment}。", en=f"{en} have passed at {moment}.")
    if limit.direction is Direction.BACKWARD:
        return Step(
            zh=f"向前数 {zh}为{day_zh(last)}，最迟于当日办理。",
            en=f"{en} back is {day_en(last)}: on that day at the latest.",
        )
    return Step(zh=f"计满 {zh}为{day_zh(last)}。", en=f"{en} end with {day_en(last)}.")
