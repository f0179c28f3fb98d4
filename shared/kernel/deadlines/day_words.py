"""Days, instants and spans of days as Chinese and English write them."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from shared.kernel.clock import CHINA

_ZH_DAYS = "一二三四五六日"
_EN_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOLIDAYS = {
    "元旦": "New Year's Day",
    "春节": "Spring Festival",
    "清明": "Tomb-Sweeping Day",
    "清明节": "Tomb-Sweeping Day",
    "劳动节": "Labour Day",
    "端午": "Dragon Boat Festival",
    "端午节": "Dragon Boat Festival",
    "中秋": "Mid-Autumn Festival",
    "中秋节": "Mid-Autumn Festival",
    "国庆节": "National Day",
}


def day_zh(day: date) -> str:
    return f"{day}（星期{_ZH_DAYS[day.weekday()]}）"


def day_en(day: date) -> str:
    return f"{day} ({_EN_DAYS[day.weekday()]})"


def instant(moment: datetime) -> str:
    """Return an instant in China time; 00:00 that ends a day is its 24:00."""
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}"


def end_of(on: date, at: datetime) -> str:
    """Return when a last day ends."""
    local = at.astimezone(CHINA)
    return f"{on} 24:00" if local.date() != on and local.time() == time() else instant(local)


def holiday_en(name: str) -> str:
    """Return a holiday's English name; one that has none here keeps its Chinese."""
    return _HOLIDAYS.get(name, name)


def span(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first} – {last}"


def runs_of(days: Iterable[tuple[date, str]]) -> list[tuple[date, date, str]]:
    """Return days in order as runs of neighbours of one name."""
    runs: list[tuple[date, date, str]] = []
    for day, name in days:
        if runs and runs[-1][2] == name and day - runs[-1][1] == timedelta(days=1):
            runs[-1] = (runs[-1][0], day, name)
        else:
            runs.append((day, day, name))
    return runs
