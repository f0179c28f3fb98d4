"""A matter as the command centre sees it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.command.domain.matter import moved_by, opened_by
from shared.kernel.actor import WHOLE_TREE
from tests.builders.place import a_place, outside
from tests.builders.told import INCIDENT_ID, REPORTED_AT, a_step_taken, an_incident_reported


class TestOpenedBy:
    def test_is_what_the_report_says(self) -> None:
        told = an_incident_reported(severity="L2", source="device", level="street")

        matter = opened_by(told)

        assert (matter.subject, matter.subject_id) == ("incident", INCIDENT_ID)
        assert (matter.matter_no, matter.title) == (told.matter_no, "垃圾成堆")
        assert (matter.state, matter.level, matter.unit) == ("reported", "street", None)
        assert (matter.category, matter.severity, matter.source) == ("05", "L2", "device")
        assert (matter.lon, matter.lat, matter.place) == (112.2, 31.05, a_place())
        assert (matter.reported_at, matter.updated_at) == (REPORTED_AT, REPORTED_AT)


class TestMovedBy:
    def test_follows_the_step(self) -> None:
        before = opened_by(an_incident_reported())
        told = a_step_taken("dispatch", state="dispatched", unit="water", level="street")

        after = moved_by(before, told)

        assert (after.state, after.unit, after.level) == ("dispatched", "water", "street")
        assert after.updated_at == REPORTED_AT + timedelta(minutes=5)
        assert (after.reported_at, after.place) == (before.reported_at, before.place)


class TestMatter:
    @pytest.mark.parametrize(
        ("reported_at", "day"),
        [
            (datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC), date(2026, 11, 22)),
            (datetime(2026, 11, 22, 16, 0, tzinfo=UTC), date(2026, 11, 23)),
        ],
    )
    def test_counts_on_the_day_of_chinas_clocks(self, reported_at: datetime, day: date) -> None:
        assert opened_by(an_incident_reported(reported_at=reported_at)).reported_on == day

    def test_counts_in_the_whole_and_at_every_level(self) -> None:
        place = a_place(district="d", street="s", community="m", cell="c")

        matter = opened_by(an_incident_reported(place=place))

        assert matter.counted_under == (WHOLE_TREE, "d", "s", "m", "c")

    def test_counts_in_the_whole_alone_when_it_lies_outside(self) -> None:
        assert opened_by(an_incident_reported(place=outside())).counted_under == (WHOLE_TREE,)
