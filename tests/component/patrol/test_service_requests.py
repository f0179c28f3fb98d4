"""What others may know of incidents by Open311: never of persons, text of their own alone, a page at a time."""

from datetime import timedelta
from typing import Any

import pytest

from services.patrol.domain.incident import Incident, State
from services.patrol.queries.service_requests import find_service_requests
from services.patrol.service import PatrolService
from shared.contracts.patrol import ServiceRequestFilter
from shared.kernel.actor import Actor
from shared.kernel.personal_data import FreeText
from shared.kernel.rights import Role
from shared.runtime.database import ServiceDatabase
from tests.builders.incident import NOW
from tests.component.district import COMMUNITIES, DISTRICT
from tests.component.patrol.conftest import enter
from tests.component.patrol.test_features import at
from tests.component.running import Running

WORDS = "张三家门口有人倾倒"
CLIENT = Actor.of("client:hotline", Role.DEPARTMENT_USER, place_code=DISTRICT)
OF_A_COMMUNITY = Actor.of("client:estate", Role.DEPARTMENT_USER, place_code=COMMUNITIES[0])


@pytest.fixture
def incidents() -> list[Incident]:
    states = list(State)
    return [
        at(
            number,
            state=states[number % len(states)],
            category=("05", "06", "01", "09")[number % 4],
            description=FreeText(WORDS),
            reported_by="client:hotline" if number % 3 == 0 else "member",
        )
        for number in range(26)
    ]


@pytest.fixture
def database(patrol: Running, incidents: list[Incident]) -> ServiceDatabase:
    database = patrol.database("patrol")
    enter(database, incidents)
    return database


def find(database: ServiceDatabase, actor: Actor = CLIENT, **where: Any) -> list[dict[str, Any]]:
    with database.reading() as connection:
        asked = ServiceRequestFilter(**where)
        items: list[dict[str, Any]] = find_service_requests(connection, asked, actor)["items"]
        return items


def public(incidents: list[Incident]) -> list[Incident]:
    return [i for i in reversed(incidents) if i.category in ("05", "06")]


def numbers(items: list[dict[str, Any]]) -> list[str]:
    return [item["matter_no"] for item in items]


def test_they_are_of_what_is_not_about_persons_newest_first(
    database: ServiceDatabase, incidents: list[Incident]
) -> None:
    assert numbers(find(database)) == [i.matter_no for i in public(incidents)]


def test_they_have_text_for_who_reported_them_and_nobody_else(
    database: ServiceDatabase, incidents: list[Incident]
) -> None:
    own = {i.matter_no for i in incidents if i.reported_by == CLIENT.account}

    for item in find(database):
        assert item["description"] == (WORDS if item["matter_no"] in own else None)
    assert WORDS not in repr(find(database, OF_A_COMMUNITY))
    assert not {"title", "contact", "reported_by", "handler"} & set(find(database)[0])


def test_they_lie_under_the_clients_place(
    database: ServiceDatabase, incidents: list[Incident]
) -> None:
    assert numbers(find(database, OF_A_COMMUNITY)) == [
        i.matter_no for i in public(incidents) if COMMUNITIES[0] in i.place.codes
    ]
    nowhere = Actor.of("client:hotline", Role.DEPARTMENT_USER)
    assert {item["description"] for item in find(database, nowhere)} == {WORDS}


def test_what_is_closed_off_is_not_among_them_not_even_as_ones_own(
    database: ServiceDatabase, incidents: list[Incident], patrol: Running
) -> None:
    patrol.start(PatrolService, relays=False)
    closed = incidents[0]
    assert closed.matter_no in numbers(find(database))
    order = {"units": ["accused-bureau"], "reason": "回避"}
    patrol.ask("patrol", "close_off_incident", key="k", incident_id=closed.incident_id, order=order)

    page = patrol.ask("patrol", "service_requests", actor=CLIENT, where={})
    named = patrol.ask(
        "patrol", "service_requests", actor=CLIENT, where={"matter_nos": [closed.matter_no]}
    )

    assert closed.matter_no not in numbers(page["items"])
    assert named == {"items": [], "more": False}
    assert page["items"]


@pytest.mark.parametrize("is_open", [True, False])
def test_they_are_open_or_closed(
    database: ServiceDatabase, incidents: list[Incident], is_open: bool
) -> None:
    found = find(database, is_open=is_open)
    assert found
    assert {item["is_open"] for item in found} == {is_open}
    ended = {State.CANCELLED, State.SELF_HANDLED, State.CLOSED, State.EVALUATED}
    expected = [i.matter_no for i in public(incidents) if (i.state in ended) is not is_open]
    assert numbers(found) == expected


def test_they_are_found_by_kind_and_time(
    database: ServiceDatabase, incidents: list[Incident]
) -> None:
    found = find(
        database,
        categories=["06", "01"],
        reported_from=NOW + timedelta(minutes=4),
        reported_to=NOW + timedelta(minutes=20),
    )
    assert numbers(found) == [
        i.matter_no for n, i in reversed(list(enumerate(incidents))) if n % 4 == 1 and 4 <= n < 20
    ]


def test_they_are_found_by_number_whatever_else_is_asked(
    database: ServiceDatabase, incidents: list[Incident]
) -> None:
    named = [incidents[number].matter_no for number in (1, 2, 4)]
    found = find(database, matter_nos=[*named, "none"], categories=["99"], is_open=False)
    assert numbers(found) == [named[2], named[0]]


def test_they_come_page_by_page(database: ServiceDatabase, incidents: list[Incident]) -> None:
    everything = [i.matter_no for i in public(incidents)]
    pages = [numbers(find(database, limit=5, skip=skip)) for skip in range(0, 20, 5)]
    assert [number for page in pages for number in page] == everything
    with database.reading() as connection:
        more = [
            find_service_requests(connection, ServiceRequestFilter(limit=5, skip=skip), CLIENT)[
                "more"
            ]
            for skip in (0, 5, 10)
        ]
    assert more == [True, True, False]
