"""What the grid registry's use cases need from outside, in memory."""

from datetime import date, datetime

from shared.kernel.deadlines.calendar_year import CalendarYear


class FakeCalendarStore:
    """Versions of calendars in a list, the newest last."""

    def __init__(self, *years: CalendarYear) -> None:
        self.years = list(years)
        self.set_by: list[str] = []

    def newest(self, year: int) -> CalendarYear | None:
        return next((each for each in reversed(self.years) if each.year == year), None)

    def add(
        self, year: CalendarYear, *, published_on: date | None, set_at: datetime, set_by: str
    ) -> None:
        self.years.append(year)
        self.set_by.append(set_by)
