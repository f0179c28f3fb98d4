"""Every filter of the list of incidents is answered from an index of each large partition."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from services.patrol.queries.incidents import find_incident, find_incidents, open_incident_points
from services.patrol.wiring import suggest_duplicates
from shared.contracts.nearby import NearbyQuestion
from shared.contracts.patrol import IncidentFilter
from shared.kernel.actor import Actor
from shared.kernel.ids import new_id
from shared.kernel.place import Point
from shared.runtime.cursor import cursor_of
from shared.runtime.database import ServiceDatabase
from shared.runtime.settings import Settings
from shared.runtime.work import Work
from tests.builders.actor import a_citizen, a_duty_officer
from tests.component.patrol.many_incidents import CELL, COMMUNITY, DISTRICT, FIRST, STREET, fill
from tests.component.running import EVERYBODY
from tests.databases import PostgresMoulds
from tests.plans import blocks_of, explained, nodes_of, own_database, read_whole

INCIDENTS = 100_000
LARGE = 1000
# A page is 50 rows; the rest is what indexes of thirteen partitions cost to enter.
FEW_BLOCKS = 500
SUMMER = FIRST + timedelta(days=180)
PLACES = {"district": DISTRICT, "street": STREET, "community": COMMUNITY, "cell": CELL}
SPANS: dict[str, dict[str, Any]] = {
    "from": {"reported_from": SUMMER},
    "to": {"reported_to": SUMMER},
    "day": {"reported_from": SUMMER, "reported_to": SUMMER + timedelta(days=1)},
    "month": {"reported_from": SUMMER, "reported_to": SUMMER + timedelta(days=30)},
}
STATES: dict[str, dict[str, Any]] = {
    "common-state": {"state": ["closed"]},
    "rare-state": {"state": ["returned"]},
    "states": {"state": ["returned", "handling"]},
}
ONE: dict[str, dict[str, Any]] = {
    "nothing": {},
    **{level: {"place": code} for level, code in PLACES.items()},
    "unknown-place": {"place": "430000"},
    **STATES,
    "category": {"category": "15"},
    "severity": {"severity": "L1"},
    "source": {"source": "camera"},
    "level": {"level": "district"},
    "open": {"open_only": True},
    **SPANS,
}
FILTERS = ONE | {
    f"{level}+{name}": {"place": code} | more
    for level, code in PLACES.items()
    for name, more in (STATES | SPANS | {"open": {"open_only": True}}).items()
}
ACTORS = {
    "officer-of-the-district": a_duty_officer(place_code=DISTRICT),
    "officer-of-a-community": a_duty_officer("reporter-7", place_code=COMMUNITY),
    "officer-of-a-cell": a_duty_officer(place_code=CELL),
    "citizen": a_citizen("reporter-7"),
    "citizen-who-reported-nothing": a_citizen("nobody"),
}


@pytest.fixture(scope="module")
def database(
    postgresql_moulds: PostgresMoulds, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceDatabase]:
    """Give a patrol that has been at work for a year."""
    folder = tmp_path_factory.mktemp("year")
    with own_database(postgresql_moulds, folder, "patrol") as database:
        with database.writing() as connection:
            fill(connection, INCIDENTS)
        yield database


@pytest.fixture
def large(database: ServiceDatabase) -> set[str]:
    """Give the names of the partitions that hold much."""
    with database.reading() as connection:
        names = connection.scalars(
            text("select relname from pg_class where reltuples > :large"), {"large": LARGE}
        )
        return set(names)


def plans_of(
    database: ServiceDatabase, where: IncidentFilter, actor: Actor, cursor: str | None = None
) -> list[dict[str, Any]]:
    """Return what PostgreSQL did for each statement of one question."""
    with database.reading() as connection, explained(database, connection) as plans:
        find_incidents(connection, where, actor, limit=50, cursor=cursor)
    return plans


class TestListOfIncidents:
    @pytest.mark.parametrize("name", FILTERS)
    def test_reads_no_large_table_whole(
        self, database: ServiceDatabase, large: set[str], name: str
    ) -> None:
        plans = plans_of(database, IncidentFilter(**FILTERS[name]), EVERYBODY)

        assert len(large) >= 12
        assert not read_whole(plans) & large
        assert max(map(blocks_of, plans)) < FEW_BLOCKS

    @pytest.mark.parametrize("actor", ACTORS)
    @pytest.mark.parametrize("name", ["nothing", "open", "rare-state", "day"])
    def test_reads_none_for_those_who_see_a_part(
        self, database: ServiceDatabase, large: set[str], actor: str, name: str
    ) -> None:
        plans = plans_of(database, IncidentFilter(**FILTERS[name]), ACTORS[actor])

        assert not read_whole(plans) & large
        assert max(map(blocks_of, plans)) < FEW_BLOCKS

    @pytest.mark.parametrize("name", ["nothing", "community", "common-state", "open", "from"])
    def test_reads_no_more_for_a_page_far_back(
        self, database: ServiceDatabase, large: set[str], name: str
    ) -> None:
        far_back = cursor_of(new_id(SUMMER + timedelta(days=3)))

        plans = plans_of(database, IncidentFilter(**FILTERS[name]), EVERYBODY, far_back)

        assert not read_whole(plans) & large
        assert max(map(blocks_of, plans)) < FEW_BLOCKS

    def test_passes_over_the_months_that_are_not_asked_for(self, database: ServiceDatabase) -> None:
        [plan] = plans_of(database, IncidentFilter(**SPANS["day"]), EVERYBODY)

        assert {node["Relation Name"] for node in nodes_of(plan) if "Relation Name" in node} == {
            "incident_y2026m06",
            # Looked into for what is closed to anybody, and for nothing else.
            "compartment_entry",
        }


class TestOneIncident:
    def test_is_looked_for_in_its_month_alone(self, database: ServiceDatabase) -> None:
        with database.reading() as connection:
            known = connection.scalar(text("select max(id) from incident_y2026m06"))
            with explained(database, connection) as plans:
                assert find_incident(connection, str(known), EVERYBODY)
            node = plans[0]

        assert (node["Node Type"], node["Relation Name"]) == ("Index Scan", "incident_y2026m06")


class TestOpenIncidentPoints:
    def test_are_read_from_the_index_of_what_is_open(
        self, database: ServiceDatabase, large: set[str]
    ) -> None:
        with database.reading() as connection, explained(database, connection) as plans:
            open_incident_points(connection, a_duty_officer(), after=new_id(SUMMER), limit=500)

        assert len(plans) == 1
        assert not read_whole(plans) & large


class TestNearby:
    @pytest.mark.parametrize(
        "name", ["officer-of-the-district", "officer-of-a-community", "citizen"]
    )
    def test_is_read_from_the_index_of_categories_and_places(
        self, database: ServiceDatabase, large: set[str], name: str
    ) -> None:
        settings = Settings(data=Path("unused"))
        asked = NearbyQuestion(
            category="01", location=Point(lon=112.2, lat=31.1), text="title", at=SUMMER
        )
        work = Work(database)
        with explained(database, work.connection) as plans:
            suggest_duplicates(work, ACTORS[name], settings)(asked)
        work.close()

        assert not read_whole(plans) & large
        assert max(map(blocks_of, plans)) < FEW_BLOCKS
