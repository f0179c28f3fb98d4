"""What an event moves on the boards: numbers of states and categories, by day and by month."""

from dataclasses import replace
from datetime import date

from services.command.domain.board import BoardChange, changes_of, sums_of
from services.command.domain.matter import moved_by, opened_by
from tests.builders.place import a_place, outside
from tests.builders.told import a_step_taken, an_incident_reported

OPENED = opened_by(an_incident_reported(place=outside()))
ACCEPTED = moved_by(OPENED, a_step_taken("accept", state="accepted"))
DAY, MONTH = date(2026, 11, 23), date(2026, 11, 1)


def moved(*changes: BoardChange) -> dict[tuple[str, str, str], int]:
    """Return the sums that move, by place, span and name."""
    sums = sums_of(changes)
    assert all(key.first_day == (DAY if key.span == "day" else MONTH) for key in sums)
    return {(key.place_code, key.span, key.name): by for key, by in sums.items() if by}


class TestChangesOf:
    def test_count_a_report_in_its_state_and_category(self) -> None:
        assert moved(*changes_of(None, OPENED)) == {
            ("*", "day", "reported"): 1,
            ("*", "month", "reported"): 1,
            ("*", "day", "05"): 1,
            ("*", "month", "05"): 1,
        }

    def test_move_a_step_from_state_to_state_and_leave_the_category(self) -> None:
        assert moved(*changes_of(OPENED, ACCEPTED)) == {
            ("*", "day", "reported"): -1,
            ("*", "day", "accepted"): 1,
            ("*", "month", "reported"): -1,
            ("*", "month", "accepted"): 1,
        }

    def test_are_none_where_the_state_stays(self) -> None:
        assert changes_of(OPENED, replace(OPENED, unit="water")) == []

    def test_take_a_matter_from_one_place_to_another(self) -> None:
        here = replace(OPENED, place=a_place())
        there = replace(ACCEPTED, place=a_place(cell="420802001013002"))

        changed = moved(*changes_of(here, there))

        assert changed["420802001013001", "day", "05"] == -1
        assert changed["420802001013002", "day", "05"] == 1
        assert changed["420802001013002", "month", "accepted"] == 1
        assert ("*", "day", "05") not in changed

    def test_come_to_the_same_added_up_one_by_one_and_at_once(self) -> None:
        changes = [*changes_of(None, OPENED), *changes_of(OPENED, ACCEPTED)]

        assert moved(*changes) == moved(*changes_of(None, ACCEPTED))
