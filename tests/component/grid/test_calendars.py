"""A year's calendar is set: kept in versions, told to the services, and theirs to count by."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import MetaData, text

from services.command.service import CommandService
from services.grid.service import GridService
from services.grid.store import calendar_table
from services.patrol.service import PatrolService
from shared.kernel.actor import Actor
from shared.kernel.errors import Forbidden, Invalid, NotFound
from shared.kernel.rights import Role
from shared.runtime import audit, calendars
from shared.runtime.work import Work
from tests.brokers import eventually
from tests.builders.calendar import a_notice, as_json
from tests.component.running import Running
from tests.unit.kernel.deadlines.notices import NOTICE_OF_2027

FOLLOWERS = ("patrol", "command")
CROSSING = {"start": "2026-12-15", "amount": 40, "unit": "working_day"}


@pytest.fixture
def services(running: Running, migrated: None) -> Running:
    # The databases poured out have no tables of grid's own.
    own = MetaData()
    calendar_table.to_metadata(own)
    running.make_tables("grid", own)
    running.start(GridService, PatrolService, CommandService)
    return running


def set_2027(running: Running, *, key: str | None = None, **changed: Any) -> dict[str, Any]:
    answer: dict[str, Any] = running.ask(
        "grid", "set_calendar", key=key, year=2027, order=as_json(a_notice(**changed))
    )
    return answer


def versions_of(running: Running, service: str) -> dict[int, int]:
    with running.database(service).reading() as connection:
        return {year.year: year.version for year in calendars.kept_years(connection)}


def has_heard(running: Running, service: str, versions: dict[int, int]) -> None:
    eventually(lambda: versions_of(running, service) == versions)


def tick(running: Running, service: str) -> None:
    """Let the timer by which a service asks for calendars come."""
    with running.database(service).writing() as connection:
        connection.execute(text("DELETE FROM lease WHERE name = 'timer:ask_for_calendars'"))
    [container] = [each for each in running.containers() if each.service_name == service]
    [timer] = [each for each in container.entrypoints if each.method_name == "ask_for_calendars"]
    timer.handle_timer_tick()


class TestACalendar:
    def test_comes_with_the_platform_and_is_no_guess_beyond(self, services: Running) -> None:
        of_2026 = services.ask("grid", "calendar", year=2026)

        assert (of_2026["version"], of_2026["working_days"]) == (1, 248)
        assert of_2026["statutory_days_worked"] == []
        with pytest.raises(NotFound, match="calendar_not_published"):
            services.ask("grid", "calendar", year=2027)
        assert services.ask("grid", "compute_clock", order=CROSSING)["provisional"]

    def test_is_counted_by_once_it_is_set(self, services: Running) -> None:
        before = services.ask("grid", "compute_clock", order=CROSSING)

        answer = set_2027(services)

        after = services.ask("grid", "compute_clock", order=CROSSING)
        assert answer["version"] == 2
        assert not after["provisional"]
        assert after["calendar_version"] == "2026:1,2027:2"
        assert after["due"] > before["due"]

    def test_is_followed_by_every_service(self, services: Running) -> None:
        set_2027(services)
        set_2027(services, makeup_days=[])

        for service in FOLLOWERS:
            has_heard(services, service, {2027: 3})
            clock = calendars.clock_of(Work(services.database(service)), services.settings)
            assert clock.reckoner.calendar.version_of(2027) == 3

    def test_is_kept_in_every_version_with_who_set_it(self, services: Running) -> None:
        set_2027(services)
        set_2027(services, makeup_days=[])

        found = services.ask("grid", "calendar", year=2027)

        assert found["version"] == 3
        assert [(each["version"], each["set_by"]) for each in found["versions"]] == [
            (3, "everybody"),
            (2, "everybody"),
        ]
        trail = [entry["action"] for entry in _trail(services)]
        assert trail.count("grid.set_calendar") == 2

    def test_is_set_once_however_often_it_is_sent(self, services: Running) -> None:
        first = set_2027(services, key="once")

        assert set_2027(services, key="once") == first
        assert set_2027(services) == first
        assert services.ask("grid", "calendar", year=2027)["version"] == 2

    def test_is_an_administrators_to_set(self, services: Running) -> None:
        clerk = Actor.of("clerk", Role.DUTY_OFFICER, place_code="420802")
        with pytest.raises(Forbidden):
            services.ask("grid", "set_calendar", actor=clerk, year=2027, order=as_json(a_notice()))
        with pytest.raises(Invalid):
            services.ask("grid", "set_calendar", year=2028, order=as_json(a_notice()))

    def test_is_asked_for_by_a_service_that_never_heard_of_it(self, services: Running) -> None:
        set_2027(services)
        for service in FOLLOWERS:
            has_heard(services, service, {2027: 2})
            with services.database(service).writing() as connection:
                connection.execute(text("DELETE FROM calendar_copy"))

            tick(services, service)

            has_heard(services, service, {2027: 2})


class TestKeep:
    def test_keeps_the_highest_version_whatever_comes_late_or_twice(
        self, running: Running, migrated: None
    ) -> None:
        third = replace(NOTICE_OF_2027, version=3, makeup_days=())
        for year in (third, NOTICE_OF_2027, third, NOTICE_OF_2027):
            with running.database("patrol").writing() as connection:
                calendars.keep(connection, year)

        with running.database("patrol").reading() as connection:
            assert calendars.kept_years(connection) == (third,)


def _trail(running: Running) -> list[dict[str, Any]]:
    with running.database("grid").reading() as connection:
        return list(audit.trail(connection))
