"""Command hears of an incident and brings its picture up to date."""

import pytest

from services.command.usecases.follow_incident import FollowIncident
from shared.contracts.grid import BoundaryActivated
from shared.contracts.incident_steps import INCIDENT_STEPS
from shared.kernel.actor import WHOLE_TREE
from tests.builders.told import (
    INCIDENT_ID,
    MATTER_NO,
    REPORTED_AT,
    a_step_taken,
    an_incident_reported,
    heard,
)
from tests.fakes.command import FakeLiveStream, FakeReadModels, FakeSearchIndex


@pytest.fixture
def models() -> FakeReadModels:
    return FakeReadModels()


@pytest.fixture
def stream() -> FakeLiveStream:
    return FakeLiveStream()


@pytest.fixture
def search() -> FakeSearchIndex:
    return FakeSearchIndex()


@pytest.fixture
def follow(
    models: FakeReadModels, search: FakeSearchIndex, stream: FakeLiveStream
) -> FollowIncident:
    return FollowIncident(models, search, stream)


class TestFollowIncident:
    def test_opens_a_matter_with_the_first_page_of_its_dossier(
        self, follow: FollowIncident, models: FakeReadModels
    ) -> None:
        told = an_incident_reported()

        follow(heard(told))

        assert models.matters[MATTER_NO].state == "reported"
        [entry] = models.entries.values()
        assert entry == {
            "matter_no": MATTER_NO,
            "at": REPORTED_AT,
            "by": "citizen",
            "from_state": None,
            "state": "reported",
            "unit": None,
            "note": "张三家门口",
            "files": [],
        }

    @pytest.mark.parametrize("step", INCIDENT_STEPS)
    def test_moves_the_matter_at_every_step_of_an_incident(
        self, follow: FollowIncident, models: FakeReadModels, step: str
    ) -> None:
        follow(heard(an_incident_reported()))
        told = a_step_taken(step, from_state="reported", state="somewhere", files=["f-1"])

        follow(heard(told, sequence=2))

        assert models.matters[MATTER_NO].state == "somewhere"
        entry = models.entries[heard(told, sequence=2).event_id]
        assert (entry["from_state"], entry["state"], entry["by"]) == (
            "reported",
            "somewhere",
            "desk",
        )
        assert (entry["note"], entry["files"], entry["at"]) == ("李四已看过", ["f-1"], told.at)

    def test_shows_consoles_what_moved_and_where(
        self, follow: FollowIncident, stream: FakeLiveStream
    ) -> None:
        follow(heard(an_incident_reported()))
        follow(heard(a_step_taken(), sequence=2))

        [(topic, codes, first), (_, _, second)] = stream.lines
        assert topic == "incident"
        assert codes[0] == WHOLE_TREE
        assert codes[-1] == "420802001013001"
        assert (first["from_state"], first["state"]) == (None, "reported")
        assert (second["from_state"], second["state"], second["sequence"]) == (
            "reported",
            "accepted",
            2,
        )
        assert second["incident_id"] == INCIDENT_ID

    def test_shows_consoles_no_free_text_and_no_names(
        self, follow: FollowIncident, stream: FakeLiveStream
    ) -> None:
        follow(heard(an_incident_reported()))
        follow(heard(a_step_taken(), sequence=2))

        shown = str(stream.lines)
        for personal in ("垃圾成堆", "张三", "李四", "citizen"):
            assert personal not in shown.replace("'source': 'citizen'", "")

    def test_enters_a_matter_once_into_what_can_be_found(
        self, follow: FollowIncident, search: FakeSearchIndex
    ) -> None:
        follow(heard(an_incident_reported()))
        follow(heard(a_step_taken(), sequence=2))

        [entry] = search.entries
        assert (entry.subject_id, entry.matter_no) == (INCIDENT_ID, MATTER_NO)
        assert {"垃圾", "张三"} <= set(entry.texts)

    def test_keeps_quiet_without_a_stream(self, models: FakeReadModels) -> None:
        FollowIncident(models, FakeSearchIndex(), None)(heard(an_incident_reported()))

        assert MATTER_NO in models.matters

    def test_does_not_make_up_a_matter_never_reported(
        self, follow: FollowIncident, models: FakeReadModels, stream: FakeLiveStream
    ) -> None:
        with pytest.raises(LookupError, match="event 2 of a matter never reported"):
            follow(heard(a_step_taken(), sequence=2))

        assert not models.matters
        assert not models.entries
        assert not stream.lines

    def test_is_not_for_other_events(self, follow: FollowIncident) -> None:
        told = BoundaryActivated(
            boundary="boundary",
            version=2,
            label="new",
            district_code="420802",
            counts={},
            activated_at=REPORTED_AT,
            activated_by="admin",
        )

        with pytest.raises(
            TypeError, match=r"grid\.boundary\.activated\.v1 is not about an incident"
        ):
            follow(heard(told))


def test_a_matter_from_before_courses_were_kept_goes_on_without_one(
    follow: FollowIncident, models: FakeReadModels
) -> None:
    follow(heard(an_incident_reported()))
    assert models.courses[MATTER_NO].state == "reported"
    models.courses.clear()

    follow(heard(a_step_taken(), sequence=2))

    assert models.matters[MATTER_NO].state == "accepted"
    assert models.courses == {}
