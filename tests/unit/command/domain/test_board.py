"""What an event moves on the boards: numbers of states and categories, by day and by month."""

from dataclasses import replace
from datetime import date

from services.command.domain.board import BoardChange, changes_of, sums_of
from services.command.domain.matter import moved_by, opened_by
from tests.builders.place import a_place, outside
from tests.builders.told import a_step_taken, an_incident_reported

OPENED = opened_by(an_incident_reported(place=outside()))
ACCEPTED = moved_by(OPENED, a_step_taken("accept", state="accepted"))
FIRST_DAYS = {"day": date(2026, 11, 23), "month": date(2026, 11, 1), "year": date(2026, 1, 1)}


def moved(*changes: BoardChange) -> dict[tuple[str, str, str], int]:
    """Return the sums that move, by place, span and name."""
    sums = sums_of(changes)
    assert all(slot.first_day == FIRST_DAYS[slot.span] for slot in sums)
    return {
        (slot.place_code, slot.span, name): by
        for slot, numbers in sums.items()
        for (_, name), by in numbers.items()
        if by
    }


def in_every_span(**by: int) -> dict[tuple[str, str, str], int]:
    return {("*", span, name): number for name, number in by.items() for span in FIRST_DAYS}


class TestChangesOf:
    def test_count_a_report_in_its_state_and_category(self) -> None:
        assert moved(*changes_of(None, OPENED)) == in_every_span(reported=1, **{"05": 1})

    def test_move_a_step_from_state_to_state_and_leave_the_category(self) -> None:
        changed = moved(*changes_of(OPENED, ACCEPTED))

        assert changed == in_every_span(reported=-1, accepted=1)

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
