"""Boards are added up by several copies at once, and nothing is counted twice or lost."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import eventlet
import pytest

from services.command.domain.matter import Matter, moved_by, opened_by
from services.command.domain.period import Period
from services.command.queries import board
from services.command.store.read_models import SqlReadModels
from services.command.wiring import add_up_boards
from shared.kernel.actor import WHOLE_TREE
from shared.runtime.database import ServiceDatabase
from shared.runtime.work import Work
from tests.builders.actor import a_duty_officer
from tests.builders.told import REPORTED_AT, a_step_taken, an_incident_reported
from tests.component.district import CELLS, place_of_cell

TODAY = Period(REPORTED_AT.date(), REPORTED_AT.date())
MATTERS, WRITERS = 60, 4

EVERYWHERE = a_duty_officer(place_code=WHOLE_TREE)


def some_matters(writer: int) -> Iterator[Matter]:
    for number in range(MATTERS):
        told = an_incident_reported(matter_no=f"P-{writer}-{number}")
        yield replace(opened_by(told), place=place_of_cell(CELLS[number % len(CELLS)]))


def total(work: Work) -> tuple[int, int, dict[str, int]]:
    shown = board.board_of(work.connection, {"code": WHOLE_TREE}, TODAY, EVERYWHERE)
    work.close()
    return shown["total"], shown["open_in_all"], shown["by_state"]


@pytest.fixture
def watched(database: ServiceDatabase) -> Work:
    return Work(database)


class TestAddingUp:
    def test_keeps_every_number_while_events_come_and_boards_are_read(
        self, database: ServiceDatabase, work: Work, watched: Work
    ) -> None:
        def write(writer: int) -> None:
            with closing(Work(database)) as mine:
                for matter in some_matters(writer):
                    with mine.begin():
                        SqlReadModels(mine).put(matter, before=None)
                    mine.keep()
                    moved = moved_by(matter, a_step_taken(state="accepted"))
                    with mine.begin():
                        SqlReadModels(mine).put(moved, before=matter)
                    mine.keep()
                    eventlet.sleep(0)

        def add_up() -> None:
            with closing(Work(database)) as mine:
                while not all(writer.dead for writer in writers):
                    add_up_boards(mine)
                    eventlet.sleep(0.001)

        writers = [eventlet.spawn(write, writer) for writer in range(WRITERS)]
        adding = [eventlet.spawn(add_up) for _ in range(3)]
        seen = []
        while not all(green.dead for green in (*writers, *adding)):
            seen.append(total(watched))
            eventlet.sleep(0.002)
        for green in (*writers, *adding):
            green.wait()
        add_up_boards(work)

        counts = [count for count, _, _ in seen]
        assert counts == sorted(counts)
        assert all(sum(states.values()) == count == still for count, still, states in seen)
        assert total(watched) == (240, 240, {"accepted": 240})
        assert not board.has_notes(work.connection)

    def test_is_done_before_rows_are_compared(self, work: Work) -> None:
        with work.begin():
            for matter in some_matters(1):
                SqlReadModels(work).put(matter, before=None)
        work.keep()

        with work.begin():
            rows = SqlReadModels(work).fingerprints()
        work.keep()
        with work.begin():
            again = SqlReadModels(work).fingerprints()
        work.keep()

        assert rows == again
        assert {table for table, _ in rows} == {"matter", "board_sum", "place"}
