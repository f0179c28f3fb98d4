"""Somebody reports an incident: what is opened, what is told, and what is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.patrol.usecases.report_incident import ReportIncident
from shared.contracts.patrol import IncidentReport, IncidentReported
from shared.kernel.actor import Actor
from shared.kernel.coordinates import Crs
from shared.kernel.errors import Forbidden, Invalid
from shared.kernel.place import Place, Point
from tests.builders.actor import a_citizen, a_duty_officer, a_grid_member
from tests.builders.counting import counting
from tests.builders.incident import NOW, a_report
from tests.builders.place import a_place, outside
from tests.fakes.patrol import (
    FakeGridLocator,
    FakeIncidentStore,
    FakeOutbox,
    FakeRouter,
    FakeTransaction,
)

Make = Callable[..., ReportIncident]


@pytest.fixture
def store() -> FakeIncidentStore:
    return FakeIncidentStore()


@pytest.fixture
def outbox() -> FakeOutbox:
    return FakeOutbox()


@pytest.fixture
def transaction() -> FakeTransaction:
    return FakeTransaction()


@pytest.fixture
def make(store: FakeIncidentStore, outbox: FakeOutbox, transaction: FakeTransaction) -> Make:
    def made(*, now: datetime = NOW, place: Place | None = None) -> ReportIncident:
        grid = FakeGridLocator(place or a_place())
        return ReportIncident(store, grid, outbox, transaction, counting, lambda: now, FakeRouter())

    return made


@pytest.fixture
def report_incident(make: Make) -> ReportIncident:
    return make()


def refusal_of(report_incident: ReportIncident, report: IncidentReport, actor: Actor) -> Invalid:
    with pytest.raises(Invalid) as refusal:
        report_incident(report, actor=actor)
    assert refusal.value.zh
    assert refusal.value.en
    return refusal.value


class TestReportIncident:
    def test_opens_it_in_the_cell_where_it_lies(
        self, report_incident: ReportIncident, store: FakeIncidentStore
    ) -> None:
        opened = report_incident(
            a_report(description="桥下", severity="L2", files=["f-1"]), actor=a_citizen("zhang")
        )

        assert store.incidents == {opened.incident_id: opened}
        assert (opened.state, opened.level, opened.place) == ("reported", "street", a_place())
        assert (opened.title, opened.description) == ("垃圾成堆", "桥下")
        assert (opened.reported_by, opened.files) == ("zhang", ("f-1",))
        assert (opened.reported_at, opened.updated_at, opened.observed_at) == (NOW, NOW, NOW)

    def test_tells_the_others_what_it_opened(
        self, report_incident: ReportIncident, outbox: FakeOutbox
    ) -> None:
        opened = report_incident(a_report(description="桥下"), actor=a_citizen("zhang"))

        [told] = outbox.events
        assert isinstance(told, IncidentReported)
        assert told.incident_id == opened.incident_id
        assert told.matter_no == opened.matter_no
        assert (told.state, told.level, told.category) == ("reported", "community", "05")
        assert (told.place, told.lon, told.lat) == (opened.place, opened.lon, opened.lat)
        assert told.reported_by == "zhang"
        assert (told.personal.title, told.personal.description) == ("垃圾成堆", "桥下")
        assert outbox.times == [NOW]
        assert outbox.unnamed == [False]

    def test_numbers_the_matters_of_a_day_from_one(self, report_incident: ReportIncident) -> None:
        numbers = [report_incident(a_report(), actor=a_citizen()).matter_no for _ in range(3)]

        assert [number[:-1] for number in numbers] == [
            "P20261123-000001",
            "P20261123-000002",
            "P20261123-000003",
        ]

    @pytest.mark.parametrize(
        ("now", "day"),
        [
            (datetime(2026, 11, 22, 15, 59, 59, 999_999, tzinfo=UTC), "20261122"),
            (datetime(2026, 11, 22, 16, 0, tzinfo=UTC), "20261123"),
            (datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC), "20261123"),
            (datetime(2026, 11, 23, 0, 0, tzinfo=UTC), "20261123"),
            (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), "20270101"),
            (datetime(2026, 11, 22, 12, 0, tzinfo=timezone(timedelta(hours=-5))), "20261123"),
        ],
    )
    def test_takes_the_day_of_the_number_from_chinas_clocks(
        self, make: Make, now: datetime, day: str
    ) -> None:
        opened = make(now=now)(a_report(), actor=a_citizen())

        assert opened.matter_no == f"P{day}-000001{opened.matter_no[-1]}"

    def test_keeps_the_point_as_given_and_in_wgs84(self, report_incident: ReportIncident) -> None:
        given = Point(lon=112.2, lat=31.05, crs=Crs.GCJ02, accuracy_m=12.5)

        opened = report_incident(a_report(location=given), actor=a_citizen())

        assert opened.location == given
        shift = (opened.lon - 112.2, opened.lat - 31.05)
        assert all(0.001 < abs(degrees) < 0.01 for degrees in shift)

    def test_asks_the_grid_before_its_transaction(
        self, store: FakeIncidentStore, outbox: FakeOutbox, transaction: FakeTransaction
    ) -> None:
        class Grid:
            def locate(self, point: Point) -> Place:
                assert not transaction.is_open
                return a_place()

        report_incident = ReportIncident(
            store, Grid(), outbox, transaction, counting, lambda: NOW, FakeRouter()
        )

        report_incident(a_report(), actor=a_citizen())

        assert transaction.opened == 1


class TestAnonymousReporter:
    def test_is_known_to_patrol_alone(
        self, report_incident: ReportIncident, outbox: FakeOutbox
    ) -> None:
        opened = report_incident(a_report(anonymous=True), actor=a_citizen("zhang"))

        [told] = outbox.events
        assert opened.reported_by == "zhang"
        assert isinstance(told, IncidentReported)
        assert told.reported_by is None
        assert "zhang" not in str(told)

    def test_is_not_named_on_the_envelope_either(
        self, report_incident: ReportIncident, outbox: FakeOutbox
    ) -> None:
        report_incident(a_report(anonymous=True), actor=a_citizen("zhang"))

        assert outbox.unnamed == [True]


class TestPointOutside:
    def test_is_refused(self, make: Make, store: FakeIncidentStore, outbox: FakeOutbox) -> None:
        refusal = refusal_of(make(place=outside()), a_report(), a_duty_officer())

        assert refusal.code == "outside_district"
        assert [error.field for error in refusal.errors] == ["location"]
        assert not store.incidents
        assert not outbox.events

    def test_is_accepted_when_a_duty_officer_says_so(self, make: Make) -> None:
        opened = make(place=outside())(a_report(accept_outside=True), actor=a_duty_officer())

        assert opened.place == outside()

    @pytest.mark.parametrize("actor", [a_citizen(), a_grid_member()])
    def test_is_not_for_others_to_accept(
        self, make: Make, store: FakeIncidentStore, actor: Actor
    ) -> None:
        with pytest.raises(Forbidden) as refusal:
            make(place=outside())(a_report(accept_outside=True), actor=actor)

        assert refusal.value.code == "accept_outside_by_duty_officer"
        assert not store.incidents


class TestTimeOfObservation:
    def test_is_what_the_reporter_says(self, report_incident: ReportIncident) -> None:
        seen = NOW - timedelta(hours=3)

        assert report_incident(a_report(observed_at=seen), actor=a_citizen()).observed_at == seen

    @pytest.mark.parametrize("ahead", [timedelta(0), timedelta(minutes=5)])
    def test_may_run_ahead_as_phones_do(
        self, report_incident: ReportIncident, ahead: timedelta
    ) -> None:
        opened = report_incident(a_report(observed_at=NOW + ahead), actor=a_citizen())

        assert opened.observed_at == NOW + ahead

    @pytest.mark.parametrize(
        ("observed_at", "code"),
        [
            (NOW + timedelta(minutes=5, microseconds=1), "in_the_future"),
            (datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-8))), "in_the_future"),
            (NOW.replace(tzinfo=None), "timezone_aware"),
            (datetime(1999, 12, 31, tzinfo=UTC), "long_ago"),
            (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8))), "long_ago"),
        ],
    )
    def test_is_refused_when_it_cannot_be_so(
        self,
        report_incident: ReportIncident,
        store: FakeIncidentStore,
        observed_at: datetime,
        code: str,
    ) -> None:
        refusal = refusal_of(report_incident, a_report(observed_at=observed_at), a_citizen())

        assert [(error.field, error.code) for error in refusal.errors] == [("observed_at", code)]
        assert not store.incidents


class TestCategory:
    def test_has_to_be_in_the_catalogue(
        self, report_incident: ReportIncident, store: FakeIncidentStore, outbox: FakeOutbox
    ) -> None:
        refusal = refusal_of(report_incident, a_report(category="99"), a_citizen())

        assert [(e.field, e.code) for e in refusal.errors] == [("category", "unknown_category")]
        assert not store.incidents
        assert not outbox.events

    def test_uses_up_no_number_when_it_is_refused(self, report_incident: ReportIncident) -> None:
        refusal_of(report_incident, a_report(category="99"), a_citizen())

        opened = report_incident(a_report(), actor=a_citizen())

        assert opened.matter_no.startswith("P20261123-000001")
