"""Incidents in and out of the tables."""

from dataclasses import fields
from datetime import date, timedelta

import eventlet
import pytest

from services.patrol.domain.conversion import Conversion
from services.patrol.domain.delay import AskedDelay
from services.patrol.domain.incident import Incident, SetAside, State
from services.patrol.domain.joint import Answer, JointUnit
from services.patrol.domain.supervision import Asking, Supervision
from services.patrol.store.incidents import SqlIncidentStore
from services.patrol.store.tables import step_table
from shared.kernel.coordinates import Crs
from shared.kernel.place import NamedArea, Place, PlaceStatus, Point
from shared.runtime.database import ServiceDatabase
from shared.runtime.work import Work
from tests.builders.incident import NOW, an_incident
from tests.builders.place import a_place, outside
from tests.component.running import Running
from tests.profiles import only_embedded, only_production

FULL = an_incident(
    State.FEEDBACK,
    level="street",
    severity="L2",
    source="device",
    location=Point(lon=112.21, lat=31.06, crs=Crs.BD09, accuracy_m=12.5),
    place=Place(
        status=PlaceStatus.SNAPPED,
        distance_m=3.25,
        cell=NamedArea(code="c", name="第一网格"),
        community=NamedArea(code="m", name="社区"),
        street=NamedArea(code="s", name="街道"),
        district=NamedArea(code="d", name="区"),
        boundary_version=7,
    ),
    observed_at=NOW - timedelta(hours=1),
    is_anonymous=True,
    files=("f-1", "f-2"),
    unit="water",
    handler="wang",
    rework_count=2,
    return_count=1,
    workers=("li", "wang"),
    reopen_count=1,
    arbitrated_level="community",
    duplicate_of="P20261123-0000026",
    joint=(JointUnit(unit="power", invited_at=NOW, answer=Answer.DONE, done_at=NOW),),
    supervisions=(
        Supervision(number=1, kind=Asking.URGE, level="street", at=NOW, clock=2, answered_at=NOW),
    ),
    asked=AskedDelay(kind="extend", by="wang", at=NOW, extension=3),
    satisfaction="satisfied",
    score=0,
    set_aside=SetAside(state=State.FILED, at=NOW),
    catalogue_version=3,
    conversion=Conversion(number=2, to="mediation", taken_over=True, their_no="M-1"),
    updated_at=NOW + timedelta(microseconds=1),
)


@pytest.fixture
def database(patrol: Running) -> ServiceDatabase:
    return patrol.database("patrol")


@pytest.fixture
def work(database: ServiceDatabase) -> Work:
    return Work(database)


def found(work: Work, incident_id: str) -> Incident | None:
    with work.begin():
        incident = SqlIncidentStore(work).find(incident_id)
    work.close()
    return incident


class TestSqlIncidentStore:
    @pytest.mark.parametrize(
        "incident",
        [FULL, an_incident(), an_incident(place=outside()), an_incident(place=a_place(cell=None))],
    )
    def test_gives_back_what_was_added(self, work: Work, incident: object) -> None:
        store = SqlIncidentStore(work)
        with work.begin():
            store.add(incident)  # type: ignore[arg-type]
        work.keep()

        assert found(work, "incident-1") == incident

    def test_gives_back_what_a_step_changed(self, work: Work) -> None:
        store = SqlIncidentStore(work)
        before = an_incident(**{name: getattr(FULL, name) for name in _KEPT_BY_STEPS})
        with work.begin():
            store.add(before)
            store.replace(FULL)
        work.keep()

        assert found(work, "incident-1") == FULL

    def test_changes_no_other_incident(self, work: Work) -> None:
        store = SqlIncidentStore(work)
        other = an_incident(incident_id="incident-2", matter_no="P20261123-0000026")
        with work.begin():
            store.add(an_incident())
            store.add(other)
            store.replace(an_incident(State.ACCEPTED))
        work.keep()

        assert found(work, "incident-2") == other

    def test_finds_nothing_by_another_id(self, work: Work) -> None:
        assert found(work, "incident-9") is None

    def test_knows_the_categories(self, work: Work) -> None:
        store = SqlIncidentStore(work)

        assert store.category_version("05") == 1
        assert store.category_version("99") is None
        work.close()

    @only_embedded("on PostgreSQL each copy takes its numbers in blocks; a day's rest is left")
    def test_counts_each_day_from_one(self, work: Work) -> None:
        store = SqlIncidentStore(work)
        with work.begin():
            serials = [store.next_serial(date(2026, 11, day)) for day in (23, 23, 24, 23)]
        work.keep()

        assert serials == [1, 2, 1, 3]

    @only_embedded("a number of a block is not given back")
    def test_counts_on_where_it_was_kept_and_not_where_it_was_lost(
        self, database: ServiceDatabase
    ) -> None:
        serials = []
        for is_kept in (True, False, True):
            work = Work(database)
            with work.begin():
                serials.append(SqlIncidentStore(work).next_serial(date(2026, 11, 23)))
            if is_kept:
                work.keep()
            work.close()

        assert serials == [1, 2, 2]

    @only_production("SQLite has one process and one writer")
    def test_gives_no_number_to_two_copies(self, patrol: Running) -> None:
        copies = [ServiceDatabase(patrol.settings, "patrol") for _ in range(3)]
        day = date(2026, 11, 23)

        def number(copy: ServiceDatabase) -> list[int]:
            work = Work(copy)
            with work.begin():
                serials = [SqlIncidentStore(work).next_serial(day) for _ in range(40)]
            work.keep()
            return serials

        # Five workers of each copy, and the day's first number is wanted by all of them at once.
        given = list(eventlet.GreenPool().imap(number, copies * 5))

        assert len({serial for serials in given for serial in serials}) == 600
        for copy in copies:
            copy.close()

    def test_appends_to_the_history(self, patrol: Running, work: Work) -> None:
        with work.begin():
            SqlIncidentStore(work).add_step(
                incident=FULL,
                step="feedback",
                from_state="handling",
                at=NOW,
                by="wang",
                note="已清理",
                unit="water",
                files=("f-1",),
                details={"before": ["f-0"]},
            )
        work.keep()

        [row] = [row for row in patrol.rows("patrol", step_table) if row.by == "wang"]
        assert (row.incident_id, row.step) == ("incident-1", "feedback")
        assert (row.from_state, row.to_state) == ("handling", "feedback")
        assert row.details == {"before": ["f-0"]}
        assert (row.at, row.note, row.unit, row.files) == (NOW, "已清理", "water", ["f-1"])


_KEPT_BY_STEPS = {field.name for field in fields(FULL)} - {
    "state",
    "level",
    "unit",
    "handler",
    "rework_count",
    "return_count",
    "duplicate_of",
    "set_aside",
    "conversion",
    "updated_at",
}
