"""An administrator sets the calendar of a year: what is kept, told and refused."""

from datetime import date

import pytest

from services.grid.usecases.set_calendar import SetCalendar
from shared.contracts.grid import CalendarSet, NamedDay
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.errors import Forbidden, Invalid
from shared.kernel.rights import Role
from shared.runtime.calendar_seed import seeded_years
from tests.builders.calendar import a_notice
from tests.builders.incident import NOW
from tests.fakes.grid import FakeCalendarStore
from tests.fakes.patrol import FakeOutbox, FakeTransaction

ADMIN = Actor.of("admin", Role.SYSTEM_ADMINISTRATOR, place_code=WHOLE_TREE)


@pytest.fixture
def store() -> FakeCalendarStore:
    return FakeCalendarStore(*seeded_years())


@pytest.fixture
def outbox() -> FakeOutbox:
    return FakeOutbox()


@pytest.fixture
def set_calendar(store: FakeCalendarStore, outbox: FakeOutbox) -> SetCalendar:
    return SetCalendar(store, outbox, FakeTransaction(), lambda: NOW)


class TestSetCalendar:
    def test_keeps_and_tells_a_new_version(
        self, set_calendar: SetCalendar, store: FakeCalendarStore, outbox: FakeOutbox
    ) -> None:
        kept = set_calendar(2027, a_notice(), actor=ADMIN)

        assert (kept.year, kept.version) == (2027, 2)
        assert store.newest(2027) == kept
        [told] = outbox.events
        assert isinstance(told, CalendarSet)
        assert (told.calendar, told.version, told.set_by) == ("calendar-2027", 2, "admin")
        assert tuple(told.days_off) == kept.days_off

    def test_changes_nothing_when_the_same_days_come_again(
        self, set_calendar: SetCalendar, outbox: FakeOutbox
    ) -> None:
        first = set_calendar(2027, a_notice(), actor=ADMIN)

        again = set_calendar(2027, a_notice(source="转发"), actor=ADMIN)

        assert again == first
        assert len(outbox.events) == 1

    def test_counts_versions_up_from_those_the_platform_comes_with(
        self, set_calendar: SetCalendar
    ) -> None:
        assert set_calendar(2027, a_notice(), actor=ADMIN).version == 2
        assert set_calendar(2027, a_notice(makeup_days=[]), actor=ADMIN).version == 3

    def test_refuses_whoever_does_not_administer_the_system(
        self, set_calendar: SetCalendar, store: FakeCalendarStore
    ) -> None:
        for role in Role:
            if role is not Role.SYSTEM_ADMINISTRATOR:
                with pytest.raises(Forbidden):
                    set_calendar(2027, a_notice(), actor=Actor.of("x", role, place_code=WHOLE_TREE))
        assert not store.set_by

    def test_refuses_days_of_another_year_and_tells_nothing(
        self, set_calendar: SetCalendar, outbox: FakeOutbox
    ) -> None:
        with pytest.raises(Invalid, match="calendar_wrong"):
            set_calendar(
                2027, a_notice(days_off=[NamedDay(date=date(2029, 1, 1), name="元旦")]), actor=ADMIN
            )
        assert not outbox.events
