"""What a limit is counted in (期间的计算单位); a limit is never a number of days without its kind."""

from enum import StrEnum


class Unit(StrEnum):
    """The kinds of time a law counts in (rules DL-03).

    Working days are those of the calendar, make-up Saturdays and Sundays among them; working hours
    lie inside office hours. Months and years end on the day of the same number (民法典第二百零二条).
    """

    MINUTE = "minute"
    HOUR = "hour"
    WORKING_HOUR = "working_hour"
    CALENDAR_DAY = "calendar_day"
    WORKING_DAY = "working_day"
    MONTH = "month"
    YEAR = "year"

    @property
    def is_of_days(self) -> bool:
        """Tell whether it is counted in whole days, the day of the event not among them (DL-01)."""
        return self not in (Unit.MINUTE, Unit.HOUR, Unit.WORKING_HOUR)

    @property
    def needs_calendar(self) -> bool:
        """Tell whether the working-day calendar decides how long it is."""
        return self in (Unit.WORKING_DAY, Unit.WORKING_HOUR)


# The longest limits that are taken: no law has one, and a slip of the pen should show.
MOST = {
    Unit.MINUTE: 100_000,
    Unit.HOUR: 50_000,
    Unit.WORKING_HOUR: 20_000,
    Unit.CALENDAR_DAY: 4000,
    Unit.WORKING_DAY: 3000,
    Unit.MONTH: 240,
    Unit.YEAR: 20,
}

_ZH = {
    Unit.MINUTE: "分钟",
    Unit.HOUR: "小时",
    Unit.WORKING_HOUR: "个工作小时",
    Unit.CALENDAR_DAY: "日（自然日）",
    Unit.WORKING_DAY: "个工作日",
    Unit.MONTH: "个月",
    Unit.YEAR: "年",
}


def amount_zh(amount: int, unit: Unit) -> str:
    """Return an amount as Chinese writes it."""
    return f"{amount} {_ZH[unit]}"


def amount_en(amount: int, unit: Unit) -> str:
    """Return an amount as English writes it."""
    return f"{amount} {unit.value.replace('_', ' ')}{'' if amount == 1 else 's'}"
