"""The register over time: doubles become one, a new boundary moves records, and who left is forgotten."""

from datetime import timedelta
from typing import Any

import pytest

from services.register import wiring
from services.register.store.tables import change_table, record_table
from shared.kernel.actor import PLATFORM, Actor
from shared.kernel.clock import china_now
from shared.kernel.errors import RuleBroken
from shared.kernel.place import Place
from shared.kernel.rights import Role
from shared.runtime.call import Call
from shared.runtime.identity import identity_of
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import Outbox
from shared.runtime.tables import outbox
from shared.runtime.work import Work
from tests.builders.place import outside
from tests.builders.register import a_citizen_number, a_house, a_person, a_unit
from tests.component.district import CELLS, STREETS, Grid, place_of_cell
from tests.component.register.conftest import Ask
from tests.component.running import Running


class TestDoubles:
    def test_of_one_number_are_suggested_and_become_one(self, ask: Ask) -> None:
        house = ask("register_record", order=a_house(CELLS[4]))
        kept = ask("register_record", order=a_person(CELLS[0], personal={"phone": None}))
        double = ask("register_record", order=a_person(location=None, house_id=house["id"]))
        unit = ask("register_record", order=a_unit())
        ask("relate_records", order={"kind": "works_at", "of": double["id"], "to": unit["id"]})

        [suggested] = ask("doubles", record_id=double["id"])
        order = {"version": 1, "into": suggested["id"], "into_version": 1}
        merged = ask("merge_records", record_id=double["id"], order=order)

        assert merged["id"] == kept["id"]
        assert merged["personal"]["phone"] == "138****5678"
        works = [each for each in merged["relations"] if each["kind"] == "works_at"]
        assert [(each["of"], each["until"]) for each in works] == [(kept["id"], None)]
        gone = ask("record", record_id=double["id"])
        assert (gone["state"], gone["merged_into"]) == ("merged", kept["id"])
        assert ask("doubles", record_id=kept["id"]) == []

    def test_of_different_numbers_do_not(self, ask: Ask) -> None:
        one = ask("register_record", order=a_person())
        other = ask(
            "register_record",
            order=a_person(personal={"id_number": a_citizen_number(serial="456")}),
        )
        order = {"version": 1, "into": other["id"], "into_version": 1}
        with pytest.raises(RuleBroken) as refusal:
            ask("merge_records", record_id=one["id"], order=order)

        assert refusal.value.code == "not_doubles"


def relocate(running: Running) -> int:
    database = running.database("register")
    call = Call(actor=PLATFORM)
    neighbours = Neighbours(running.settings, identity_of(running.settings, "register"), Call())
    work = Work(database)
    return wiring.relocate_records(work, Outbox(work, call), neighbours)


class TestANewBoundary:
    def test_puts_records_under_their_new_cell_and_marks_what_is_outside(
        self, registering: Running, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moves, stays, lost = (
            ask("register_record", order=a_house(cell)) for cell in (CELLS[0], CELLS[1], CELLS[2])
        )

        def locate(_: Grid, point: Any) -> Place:
            number = round((point.lon - 112) * 100)
            cell = {0: CELLS[6], 1: CELLS[1]}.get(number)
            place = outside() if cell is None else place_of_cell(cell)
            return Place(
                **{f: getattr(place, f) for f in Place.__slots__} | {"boundary_version": 2}
            )

        monkeypatch.setattr(Grid, "_locate", locate)
        work = Work(registering.database("register"))
        with work.begin():
            wiring.follow_boundary(work, 2, china_now())
            wiring.follow_boundary(work, 1, china_now() - timedelta(days=1))
        work.keep()

        assert relocate(registering) == 4
        assert relocate(registering) == 0
        seen = [ask("record", record_id=each["id"]) for each in (moves, stays, lost)]
        assert [each["place"]["cell"]["code"] for each in seen] == [CELLS[6], *CELLS[1:3]]
        assert [each["place"]["status"] for each in seen] == ["inside", "inside", "outside"]
        assert [each["version"] for each in seen] == [2, 1, 1]
        told = [row.event_type for row in registering.rows("register", outbox)]
        assert told.count("register.record.moved.v1") == 1
        assert ask("counts", place="420802")["unplaced"] == 1


class TestForgetting:
    def test_leaves_of_who_left_long_ago_nothing_but_that_somebody_was_there(
        self, registering: Running, ask: Ask
    ) -> None:
        gone = ask("register_record", order=a_person(since="2019-01-01"))
        stays = ask("register_record", order=a_person())
        change = {"version": 1, "type": "floating"}
        ask("change_record", record_id=gone["id"], order=change)
        order = {"version": 2, "how": "died", "on": "2020-01-01"}
        ask("end_record", record_id=gone["id"], order=order)
        work = Work(registering.database("register"))
        put = Outbox(work, Call(actor=PLATFORM))

        assert wiring.anonymise_records(work, put, timedelta(days=365)) == 1
        assert wiring.anonymise_records(work, put, timedelta(days=365)) == 0
        shown = ask("record", record_id=gone["id"])
        assert set(shown["personal"].values()) == {None}
        assert shown["state"] == "died"
        assert ask("record", record_id=stays["id"])["personal"]["name"] == "张*"
        [row] = registering.rows(
            "register", record_table.select().where(record_table.c.id == gone["id"])
        )
        assert row.id_number_index is None
        was = registering.rows(
            "register", change_table.select().where(change_table.c.record_id == gone["id"])
        )
        assert [each.was for each in was] == [{}, {}, {}, {}]
        found = ask("records_by_number", asked={"reason": "核对", "id_number": a_citizen_number()})
        assert [item["id"] for item in found["items"]] == [stays["id"]]


class TestCounts:
    def test_are_by_cell_and_kind_in_pages_and_of_ones_own_place(self, ask: Ask) -> None:
        for cell in (CELLS[0], CELLS[0], CELLS[1], CELLS[7]):
            ask("register_record", order=a_person(cell))
        ask("register_record", order=a_house(CELLS[1]))
        first = ask("counts", place=STREETS[0], limit=1)
        rest = ask("counts", place=STREETS[0], limit=1, cursor=first["next_cursor"])

        assert [(each["cell"], each["person"], each["house"]) for each in first["items"]] == [
            (CELLS[0], 2, 0)
        ]
        assert [(each["cell"], each["person"], each["house"]) for each in rest["items"]] == [
            (CELLS[1], 1, 1)
        ]
        assert rest["next_cursor"] is None
        mediator = Actor.of("m", Role.MEDIATOR, place_code=CELLS[7])
        assert [each["cell"] for each in ask("counts", actor=mediator)["items"]] == [CELLS[7]]
