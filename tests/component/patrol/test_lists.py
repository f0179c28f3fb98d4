"""Lists of incidents: every filter, every level of place, page by page, and only what one reaches."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.patrol.domain.incident import OPEN_STATES, Incident, State
from services.patrol.queries.incidents import find_incident, find_incidents, open_incident_points
from services.patrol.service import PatrolService
from shared.contracts.patrol import IncidentFilter
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.clock import CHINA
from shared.kernel.errors import Invalid, NotFound
from shared.kernel.ids import new_id
from shared.runtime.cursor import cursor_of
from shared.runtime.database import ServiceDatabase
from tests.builders.actor import a_citizen, a_duty_officer
from tests.builders.incident import NOW, an_incident
from tests.builders.place import outside
from tests.component.district import (
    CELLS,
    COMMUNITIES,
    DISTRICT,
    STREETS,
    place_of_cell,
)
from tests.component.patrol.conftest import enter, make_noise
from tests.component.running import EVERYBODY, OwnBroker, Running

EVERYTHING = a_duty_officer(place_code=DISTRICT)


def some_incidents(count: int = 52, *, since: datetime = NOW) -> list[Incident]:
    """Return incidents of every kind in every cell, some of the same moment."""
    states = itertools.cycle(State)
    return [
        an_incident(
            next(states),
            incident_id=new_id(since + timedelta(minutes=number // 3)),
            matter_no=f"{number:06}-{new_id()[-12:]}",
            reported_at=since + timedelta(minutes=number // 3),
            category=("05", "06")[number % 2],
            severity=("L1", "L2", "L3")[number % 3],
            source=("citizen", "device")[number % 5 == 0],
            reported_by=("zhang", "li")[number % 7 == 0],
            place=place_of_cell(CELLS[number % 8]),
        )
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def incidents() -> list[Incident]:
    return some_incidents()


@pytest.fixture(scope="module")
def database(kept: OwnBroker, incidents: list[Incident]) -> Iterator[ServiceDatabase]:
    """Give a database to read in, the same for all."""
    database = ServiceDatabase(kept, "patrol")
    make_noise(database)
    enter(database, incidents)
    yield database
    database.close()


@pytest.fixture
def own_database(patrol: Running, incidents: list[Incident]) -> ServiceDatabase:
    """Give one that a test may write in."""
    database = patrol.database("patrol")
    enter(database, incidents)
    return database


def find(
    database: ServiceDatabase,
    where: IncidentFilter = IncidentFilter(),  # noqa: B008 – it is frozen
    actor: Actor = EVERYTHING,
    *,
    limit: int = 200,
    cursor: str | None = None,
) -> dict[str, Any]:
    with database.reading() as connection:
        return find_incidents(connection, where, actor, limit=limit, cursor=cursor)


def ids(page: dict[str, Any]) -> set[str]:
    return {item["id"] for item in page["items"]}


class TestFilter:
    @pytest.mark.parametrize("level", range(4))
    def test_by_place_takes_any_level_and_what_lies_under_it(
        self, database: ServiceDatabase, incidents: list[Incident], level: int
    ) -> None:
        for code in ((DISTRICT,), STREETS, COMMUNITIES, CELLS)[level]:
            page = find(database, IncidentFilter(place=code))

            assert ids(page) == {i.incident_id for i in incidents if code in i.place.codes}
            assert page["items"]

    @pytest.mark.parametrize("place", ["", "420802009", "4208", "%", "420802001' or '1'='1"])
    def test_by_a_place_where_nothing_happened_finds_nothing(
        self, database: ServiceDatabase, place: str
    ) -> None:
        assert find(database, IncidentFilter(place=place)) == {"items": [], "next_cursor": None}

    def test_by_the_whole_tree_finds_all(
        self, database: ServiceDatabase, incidents: list[Incident]
    ) -> None:
        everywhere = IncidentFilter(place=WHOLE_TREE)

        assert ids(find(database, everywhere)) == {i.incident_id for i in incidents}

    @pytest.mark.parametrize("states", [["reported"], ["closed", "evaluated"], ["no such state"]])
    def test_by_states(
        self, database: ServiceDatabase, incidents: list[Incident], states: list[str]
    ) -> None:
        page = find(database, IncidentFilter(state=states))

        assert ids(page) == {i.incident_id for i in incidents if i.state in states}

    @pytest.mark.parametrize(
        ("name", "value"), [("category", "05"), ("severity", "L1"), ("source", "device")]
    )
    def test_by_kind(
        self, database: ServiceDatabase, incidents: list[Incident], name: str, value: str
    ) -> None:
        page = find(database, IncidentFilter(**{name: value}))  # type: ignore[arg-type]

        assert ids(page) == {i.incident_id for i in incidents if getattr(i, name) == value}
        assert 0 < len(page["items"]) < len(incidents)

    def test_by_time_has_its_first_moment_and_not_its_last(
        self, database: ServiceDatabase, incidents: list[Incident]
    ) -> None:
        first, last = NOW + timedelta(minutes=3), NOW + timedelta(minutes=9)

        page = find(database, IncidentFilter(reported_from=first, reported_to=last))

        assert ids(page) == {i.incident_id for i in incidents if first <= i.reported_at < last}
        assert len(page["items"]) == 18

    def test_of_what_is_open_leaves_out_what_has_ended(
        self, database: ServiceDatabase, incidents: list[Incident]
    ) -> None:
        page = find(database, IncidentFilter(open_only=True))

        assert ids(page) == {i.incident_id for i in incidents if i.state in OPEN_STATES}

    def test_of_several_kinds_means_all_of_them(
        self, database: ServiceDatabase, incidents: list[Incident]
    ) -> None:
        where = IncidentFilter(
            place=STREETS[0], category="05", severity="L1", source="citizen", open_only=True
        )

        page = find(database, where)

        assert ids(page) == {
            i.incident_id
            for i in incidents
            if STREETS[0] in i.place.codes
            and (i.category, i.severity, i.source) == ("05", "L1", "citizen")
            and i.state in OPEN_STATES
        }
        assert page["items"]

    @pytest.mark.parametrize("bound", ["reported_from", "reported_to"])
    @pytest.mark.parametrize(
        "moment",
        ["2026-11-23T08:00:00", "0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00"],
    )
    def test_by_a_time_that_cannot_be_kept_is_refused(
        self, patrol: Running, bound: str, moment: str
    ) -> None:
        patrol.start(PatrolService, relays=False)

        with pytest.raises(Invalid) as refusal:
            patrol.ask("patrol", "incidents", where={bound: moment})

        assert [error.field for error in refusal.value.errors] == [bound]


class TestPages:
    def walk(
        self, database: ServiceDatabase, limit: int, **changed: Any
    ) -> Iterator[list[dict[str, Any]]]:
        cursor: str | None = None
        while True:
            page = find(database, IncidentFilter(**changed), limit=limit, cursor=cursor)
            yield page["items"]
            if (cursor := page["next_cursor"]) is None:
                return

    @pytest.mark.parametrize("limit", [1, 7, 13, 26, 51, 52, 53, 200])
    def test_cover_everything_once_newest_first(
        self, database: ServiceDatabase, incidents: list[Incident], limit: int
    ) -> None:
        seen = [item for page in self.walk(database, limit) for item in page]

        expected = sorted(incidents, key=lambda i: (i.reported_at, i.incident_id), reverse=True)
        assert [item["id"] for item in seen] == [i.incident_id for i in expected]

    def test_are_full_but_for_the_last(self, database: ServiceDatabase) -> None:
        assert [len(page) for page in self.walk(database, 20)] == [20, 20, 12]

    def test_cover_everything_once_while_new_ones_come_in(
        self, own_database: ServiceDatabase, incidents: list[Incident]
    ) -> None:
        seen: list[str] = []
        later = NOW + timedelta(hours=1)
        for turn, page in enumerate(self.walk(own_database, 5)):
            seen += [item["id"] for item in page]
            enter(
                own_database,
                some_incidents(4, since=later + timedelta(hours=turn)),
            )

        assert sorted(seen) == sorted(i.incident_id for i in incidents)

    def test_keep_their_filter(self, database: ServiceDatabase, incidents: list[Incident]) -> None:
        seen = [item for page in self.walk(database, 3, place=CELLS[3]) for item in page]

        assert {item["id"] for item in seen} == {
            i.incident_id for i in incidents if CELLS[3] in i.place.codes
        }
        assert len(seen) == len({item["id"] for item in seen})

    @pytest.mark.parametrize("limit", [0, 201, -1])
    def test_have_from_1_to_200_incidents(self, database: ServiceDatabase, limit: int) -> None:
        with pytest.raises(Invalid):
            find(database, limit=limit)

    @pytest.mark.parametrize(
        "cursor",
        [
            "x",
            cursor_of("no id"),
            cursor_of(3),
            cursor_of(None),
            cursor_of(new_id().upper()),
            cursor_of(new_id() + "0"),
            cursor_of(new_id(), new_id()),
            cursor_of("2026-11-23T08:00:00+08:00", new_id()),
        ],
        ids=["nonsense", "text", "number", "nothing", "capitals", "long", "two ids", "time and id"],
    )
    def test_begin_at_no_cursor_of_somebody_elses_making(
        self, database: ServiceDatabase, cursor: str
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            find(database, cursor=cursor)

        assert [error.field for error in refusal.value.errors] == ["cursor"]


class TestReach:
    @pytest.mark.parametrize("place", [DISTRICT, STREETS[1], COMMUNITIES[2], CELLS[5]])
    def test_of_an_officer_is_what_lies_under_his_place(
        self, database: ServiceDatabase, incidents: list[Incident], place: str
    ) -> None:
        page = find(database, actor=a_duty_officer(place_code=place))

        assert ids(page) == {i.incident_id for i in incidents if place in i.place.codes}

    def test_of_a_citizen_is_what_he_reported(
        self, database: ServiceDatabase, incidents: list[Incident]
    ) -> None:
        page = find(database, actor=a_citizen("li"))

        assert ids(page) == {i.incident_id for i in incidents if i.reported_by == "li"}
        assert page["items"]

    def test_of_an_officer_has_what_he_reported_elsewhere_too(
        self, database: ServiceDatabase, incidents: list[Incident]
    ) -> None:
        page = find(database, actor=a_duty_officer("li", place_code=CELLS[0]))

        assert ids(page) == {
            i.incident_id for i in incidents if i.reported_by == "li" or CELLS[0] in i.place.codes
        }

    def test_of_the_whole_tree_has_the_other_districts_too(
        self, database: ServiceDatabase, incidents: list[Incident]
    ) -> None:
        actor = a_duty_officer(place_code=WHOLE_TREE)
        assert len(ids(find(database, actor=actor))) == len(incidents) + len(State)

    def test_does_not_grow_by_asking_for_another_place(self, database: ServiceDatabase) -> None:
        actor = a_duty_officer(place_code=CELLS[0])

        assert find(database, IncidentFilter(place=CELLS[1]), actor)["items"] == []
        assert find(database, IncidentFilter(place="110101"), EVERYTHING)["items"] == []
        assert find(database, IncidentFilter(place=DISTRICT), actor)["items"]

    def test_of_somebody_whose_place_nothing_happened_in_is_nothing(
        self, database: ServiceDatabase
    ) -> None:
        assert find(database, actor=a_duty_officer(place_code="420899"))["items"] == []

    def test_holds_for_one_incident_as_for_lists(
        self, database: ServiceDatabase, incidents: list[Incident]
    ) -> None:
        incident = incidents[1]
        assert incident.reported_by == "zhang"
        reaching = [
            *(a_duty_officer(place_code=code) for code in incident.place.codes),
            a_citizen("zhang"),
            EVERYBODY,
        ]
        not_reaching = [a_duty_officer(place_code=CELLS[2]), a_citizen("li"), a_citizen()]

        with database.reading() as connection:
            for actor in reaching:
                assert find_incident(connection, incident.incident_id, actor)
            for actor in not_reaching:
                assert not find_incident(connection, incident.incident_id, actor)

    def test_of_what_lies_outside_is_the_reporters_and_the_whole_trees(
        self, own_database: ServiceDatabase
    ) -> None:
        enter(own_database, [an_incident(place=outside(), reported_by="zhou")])

        found = [
            ids(find(own_database, actor=actor)) & {"incident-1"}
            for actor in (a_citizen("zhou"), EVERYBODY, EVERYTHING)
        ]

        assert found == [{"incident-1"}, {"incident-1"}, set()]


class TestAnonymousReporter:
    def test_is_named_to_nobody_but_himself(self, own_database: ServiceDatabase) -> None:
        hidden = an_incident(reported_by="zhou", is_anonymous=True, place=place_of_cell(CELLS[0]))
        enter(own_database, [hidden])

        def shown_to(actor: Actor) -> Any:
            with own_database.reading() as connection:
                one = find_incident(connection, "incident-1", actor)
            listed = find(own_database, actor=actor)["items"]
            [other] = [item for item in listed if item["id"] == "incident-1"]
            assert one is not None
            assert one["reported_by"] == other["reported_by"]
            return one["reported_by"]

        assert shown_to(a_citizen("zhou")) == "zhou"
        assert shown_to(EVERYTHING) is None
        assert shown_to(EVERYBODY) is None


class TestOtherQuestions:
    def test_open_points_come_page_by_page_and_only_open(
        self, database: ServiceDatabase, incidents: list[Incident]
    ) -> None:
        seen, after = [], ""
        with database.reading() as connection:
            while page := open_incident_points(connection, a_duty_officer(), after=after, limit=7):
                seen += page
                after = page[-1].id

        is_open = {i.incident_id: i for i in incidents if i.state in OPEN_STATES}
        ours = [point for point in seen if point.id in is_open]
        assert len(seen) == len({point.id for point in seen}) == len(is_open) + len(OPEN_STATES)
        assert {point.id: point.cell for point in ours} == {
            i.incident_id: i.place.codes[-1] for i in is_open.values()
        }

    def test_categories_are_the_catalogue(self, patrol: Running) -> None:
        patrol.start(PatrolService, relays=False)

        categories = patrol.ask("patrol", "categories")

        assert [category["code"] for category in categories] == [f"{n:02}" for n in range(1, 16)]
        assert categories[8]["sensitivity"] == "strict"
        assert all(category["zh"] and category["en"] for category in categories)

    def test_an_unknown_incident_is_not_found(self, patrol: Running) -> None:
        patrol.start(PatrolService, relays=False)

        with pytest.raises(NotFound, match="no_such_incident"):
            patrol.ask("patrol", "incident", incident_id="none")

    def test_lists_come_over_the_bus_as_they_are(
        self, patrol: Running, own_database: ServiceDatabase
    ) -> None:
        patrol.start(PatrolService, relays=False)
        reported_from = datetime(2026, 11, 23, tzinfo=CHINA).isoformat()

        page = patrol.ask(
            "patrol",
            "incidents",
            actor=EVERYTHING,
            where={"state": ["closed"], "reported_from": reported_from},
            limit=2,
        )

        assert [item["state"] for item in page["items"]] == ["closed", "closed"]
        assert page["next_cursor"]
