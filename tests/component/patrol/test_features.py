"""Incidents on a map: within a box, in a span, page by page, and nothing of persons or closed records."""

from datetime import timedelta
from typing import Any

import pytest

from services.patrol.domain.incident import Incident
from services.patrol.queries.features import find_feature, find_features
from services.patrol.queries.incidents import find_incidents
from services.patrol.service import PatrolService
from shared.contracts.patrol import FeatureFilter
from shared.kernel.actor import Actor
from shared.kernel.box import Box
from shared.kernel.errors import Invalid, NotFound
from shared.kernel.ids import new_id
from shared.kernel.personal_data import FreeText
from shared.runtime.database import ServiceDatabase
from tests.builders.actor import a_citizen, a_duty_officer
from tests.builders.incident import NOW, an_incident
from tests.component.district import CELLS, COMMUNITIES, DISTRICT, a_point_in, place_of_cell
from tests.component.patrol.conftest import enter
from tests.component.running import Running

EVERYTHING = a_duty_officer(place_code=DISTRICT)
SECRET = "举报城管受贿一案"


def at(number: int, **changed: Any) -> Incident:
    """Return an incident, one a minute, in one cell after the other."""
    cell = CELLS[number % 8]
    point = a_point_in(cell)
    moment = NOW + timedelta(minutes=number)
    told: dict[str, Any] = {
        "incident_id": new_id(moment),
        "matter_no": f"{number:06}-{new_id()[-12:]}",
        "reported_at": moment,
        "title": FreeText(SECRET),
        "place": place_of_cell(cell),
        "lon": point.lon,
        "lat": point.lat,
    }
    return an_incident(**(told | changed))


@pytest.fixture
def incidents() -> list[Incident]:
    return [at(number) for number in range(24)]


@pytest.fixture
def database(patrol: Running, incidents: list[Incident]) -> ServiceDatabase:
    database = patrol.database("patrol")
    enter(database, incidents)
    return database


def find(
    database: ServiceDatabase,
    where: FeatureFilter = FeatureFilter(),  # noqa: B008 – it is frozen
    actor: Actor = EVERYTHING,
    *,
    limit: int = 200,
    cursor: str | None = None,
) -> dict[str, Any]:
    with database.reading() as connection:
        return find_features(connection, where, actor, limit=limit, cursor=cursor)


def ids(page: dict[str, Any]) -> list[str]:
    return [feature["id"] for feature in page["features"]]


class TestBox:
    def box(
        self, west: float, east: float, south: float = 31, north: float = 31.1
    ) -> FeatureFilter:
        return FeatureFilter(box=Box(west=west, south=south, east=east, north=north))

    def test_holds_what_lies_in_it_and_on_its_border(
        self, database: ServiceDatabase, incidents: list[Incident]
    ) -> None:
        west, east = incidents[1].lon, incidents[3].lon

        found = ids(find(database, self.box(west, east)))

        assert sorted(found) == sorted(
            i.incident_id for number, i in enumerate(incidents) if number % 8 in (1, 2, 3)
        )

    def test_of_one_point_holds_what_lies_there(
        self, database: ServiceDatabase, incidents: list[Incident]
    ) -> None:
        one = incidents[5]
        found = find(database, self.box(one.lon, one.lon, one.lat, one.lat))
        assert len(ids(found)) == 3

    def test_over_the_antimeridian_holds_both_sides(self, database: ServiceDatabase) -> None:
        enter(database, [at(100 + number, lon=lon) for number, lon in enumerate((179.5, -179.5))])

        assert len(ids(find(database, self.box(179, -179)))) == 2
        # From China eastward to the Atlantic.
        assert len(ids(find(database, self.box(112.065, -40)))) == 5

    def test_elsewhere_holds_nothing(self, database: ServiceDatabase) -> None:
        assert find(database, self.box(0, 1)) == {"features": [], "next_cursor": None}


def test_pages_hold_everything_once_newest_first(
    database: ServiceDatabase, incidents: list[Incident]
) -> None:
    seen: list[str] = []
    page = find(database, limit=7)
    seen += ids(page)
    while page["next_cursor"]:
        page = find(database, limit=7, cursor=page["next_cursor"])
        seen += ids(page)

    assert seen == [i.incident_id for i in reversed(incidents)]


@pytest.mark.parametrize("limit", [0, 201])
def test_pages_have_from_1_to_200(database: ServiceDatabase, limit: int) -> None:
    with pytest.raises(Invalid):
        find(database, limit=limit)


@pytest.mark.parametrize(
    "actor",
    [
        a_duty_officer(place_code=COMMUNITIES[1]),
        a_duty_officer(place_code=CELLS[2]),
        a_citizen("zhang"),
        a_citizen("nobody"),
    ],
)
def test_it_shows_whom_the_list_shows_it_and_nobody_else(
    database: ServiceDatabase, actor: Actor
) -> None:
    enter(database, [at(50, reported_by="zhang"), at(51, reported_by="zhang")])

    with database.reading() as connection:
        listed = find_incidents(connection, FeatureFilter(), actor, limit=200, cursor=None)["items"]
        everything = ids(find(database))
        one_by_one = [each for each in everything if find_feature(connection, each, actor)]

    assert ids(find(database, actor=actor)) == one_by_one == [item["id"] for item in listed]


def test_it_is_a_point_with_codes_and_times_and_nothing_of_persons(
    database: ServiceDatabase, incidents: list[Incident]
) -> None:
    newest = incidents[-1]

    feature = find(database, limit=1)["features"][0]

    assert feature["type"] == "Feature"
    assert feature["geometry"] == {"type": "Point", "coordinates": [newest.lon, newest.lat]}
    assert feature["properties"]["matter_no"] == newest.matter_no
    assert feature["properties"]["cell_code"] == CELLS[7]
    assert not {"title", "description", "contact", "reported_by", "handler"} & set(
        feature["properties"]
    )
    assert SECRET not in repr(feature)


def test_what_is_closed_off_is_on_no_map_not_even_of_those_let_in(
    patrol: Running, database: ServiceDatabase, incidents: list[Incident]
) -> None:
    patrol.start(PatrolService, relays=False)
    closed = incidents[4].incident_id
    patrol.ask(
        "patrol",
        "close_off_incident",
        key="k",
        incident_id=closed,
        order={"units": ["accused-bureau"], "reason": "回避"},
    )

    page = patrol.ask("patrol", "incident_features", where={}, limit=200)

    assert closed not in ids(page)
    assert incidents[3].incident_id in ids(page)
    assert patrol.ask("patrol", "incident", incident_id=closed)["id"] == closed
    with pytest.raises(NotFound, match="no_such_incident"):
        patrol.ask("patrol", "incident_feature", incident_id=closed)
    found = patrol.ask("patrol", "incident_feature", incident_id=incidents[3].incident_id)
    assert found["id"] == incidents[3].incident_id


def test_it_comes_over_the_bus_with_its_filter(
    patrol: Running, database: ServiceDatabase, incidents: list[Incident]
) -> None:
    patrol.start(PatrolService, relays=False)
    where = {
        "box": {"west": 112, "south": 31, "east": 112.015, "north": 31.1},
        "reported_from": incidents[8].reported_at.isoformat(),
        "reported_to": incidents[16].reported_at.isoformat(),
    }

    page = patrol.ask("patrol", "incident_features", where=where)

    assert ids(page) == [incidents[9].incident_id, incidents[8].incident_id]
