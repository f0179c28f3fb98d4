"""Records are entered in the cell where they lie, shown masked, changed once a version, moved and ended."""

from typing import Any

import pytest

from services.register.store.tables import record_table
from shared.kernel.actor import Actor
from shared.kernel.errors import Forbidden, Invalid, NotFound, RuleBroken
from shared.kernel.rights import Role
from shared.runtime.tables import outbox
from tests.builders.actor import a_grid_member
from tests.builders.register import a_citizen_number, a_house, a_person, a_unit
from tests.component.district import CELLS, COMMUNITIES, NOWHERE, STREETS
from tests.component.register.conftest import DESK, Ask, noted
from tests.component.running import Running

MASKED = {
    "name": "张*",
    "id_number": f"420802********{a_citizen_number()[14:]}",
    "phone": "138****5678",
    "address": None,
}


def enter(ask: Ask, order: dict[str, Any], actor: Actor = DESK) -> dict[str, Any]:
    entered: dict[str, Any] = ask("register_record", actor=actor, order=order)
    return entered


def codes(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


class TestEntering:
    def test_puts_a_person_into_the_cell_where_he_lives_and_shows_him_masked(
        self, ask: Ask
    ) -> None:
        entered = enter(ask, a_person(CELLS[2]))

        assert entered["place"]["cell"]["code"] == CELLS[2]
        assert entered["personal"] == MASKED
        assert entered["location"] is None
        assert entered["version"] == 1
        assert [each["action"] for each in entered["history"]] == ["register"]

    def test_takes_the_place_of_the_house_a_person_lives_in(self, ask: Ask) -> None:
        house = enter(ask, a_house(CELLS[3]))
        lodger = enter(ask, a_person(location=None, house_id=house["id"]))

        assert lodger["place"] == house["place"]
        assert [(each["kind"], each["to"]) for each in lodger["relations"]] == [
            ("lives_in", house["id"])
        ]
        found = ask("records", where={"kind": "person", "house": house["id"]})
        assert codes(found) == [lodger["id"]]

    @pytest.mark.parametrize(
        ("order", "field"),
        [
            (a_person(personal={"id_number": a_citizen_number()[:-1] + "Y"}), "personal.id_number"),
            (a_unit(credit_code="91420802MA48XXXX10"), "credit_code"),
            (a_unit(type="registered"), "type"),
            (a_person(rented=True), "rented"),
            (a_house(name=None), "name"),
            (a_person(since="2126-01-01"), "since"),
            (a_person(location={"lon": NOWHERE.lon, "lat": NOWHERE.lat}), "location"),
            (a_person(house_id="none"), "location"),
            (a_house(location=None, house_id="none"), "house_id"),
            (a_person(location=None, house_id="none"), "house_id"),
        ],
    )
    def test_is_refused_by_the_field_that_is_wrong(
        self, registering: Running, ask: Ask, order: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            enter(ask, order)

        assert [error.field for error in refusal.value.errors] == [field]
        assert registering.count("register", record_table) == 1

    def test_is_done_once_for_one_key(self, registering: Running, ask: Ask) -> None:
        first = ask("register_record", key="desk:1", order=a_person())
        again = ask("register_record", key="desk:1", order=a_person())

        assert again == first
        assert registering.count("register", record_table) == 2

    def test_outside_his_own_place_is_refused_to_the_officer_of_a_cell(self, ask: Ask) -> None:
        with pytest.raises(Invalid) as refusal:
            enter(ask, a_person(CELLS[1]), a_grid_member(place_code=CELLS[0]))

        assert refusal.value.errors[0].code == "not_your_place"

    def test_is_not_for_everybody(self, ask: Ask) -> None:
        with pytest.raises(Forbidden):
            enter(ask, a_person(), Actor.of("m", Role.MEDIATOR, place_code="420802"))

    def test_leaves_nothing_in_clear_in_rows_or_on_the_bus(
        self, registering: Running, ask: Ask
    ) -> None:
        enter(ask, a_person())

        told = repr(registering.rows("register", outbox))
        with registering.database("register").reading() as connection:
            kept = [
                value
                for table in ("record", "record_change", "answered_command")
                for row in connection.exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608
                for value in row
            ]
        secrets = ("张三丰", "13812345678", a_citizen_number())
        in_bytes = b"".join(bytes(each) for each in kept if isinstance(each, bytes | memoryview))
        assert "register.record.registered.v1" in told
        for secret in secrets:
            assert secret not in told
            assert secret not in repr(kept)
            assert secret.encode() not in in_bytes


class TestListing:
    def test_is_by_kind_and_place_with_pages_and_knows_nothing_of_elsewhere(self, ask: Ask) -> None:
        people = [enter(ask, a_person(cell))["id"] for cell in (*CELLS[:3], CELLS[7])]
        enter(ask, a_house(CELLS[0]))
        first = ask("records", where={"kind": "person", "place": STREETS[0]}, limit=2)
        rest = ask(
            "records",
            where={"kind": "person", "place": STREETS[0]},
            limit=2,
            cursor=first["next_cursor"],
        )

        assert codes(first) == [people[2], people[1]]
        assert codes(rest) == [people[0]]
        assert rest["next_cursor"] is None
        member = a_grid_member(place_code=COMMUNITIES[0])
        assert codes(ask("records", actor=member, where={"kind": "person"})) == [
            people[1],
            people[0],
        ]
        assert codes(ask("records", where={"kind": "person", "place": "110101"})) == []

    def test_of_one_elsewhere_is_answered_like_nothing(self, ask: Ask) -> None:
        entered = enter(ask, a_person(CELLS[1]))
        with pytest.raises(NotFound) as elsewhere:
            ask("record", actor=a_grid_member(place_code=CELLS[0]), record_id=entered["id"])
        with pytest.raises(NotFound) as nowhere:
            ask("record", record_id="none")

        assert elsewhere.value.code == nowhere.value.code == "no_such_record"


class TestChanging:
    def test_is_refused_on_an_old_version(self, ask: Ask) -> None:
        entered = enter(ask, a_unit())
        change = {key: entered[key] for key in ("type", "credit_code", "version")}
        changed = ask(
            "change_record", record_id=entered["id"], order=change | {"name": "象山大药房"}
        )

        assert changed["version"] == 2
        assert changed["history"][-1]["fields"] == ["name"]
        with pytest.raises(RuleBroken) as refusal:
            ask("change_record", record_id=entered["id"], order=change | {"name": "别的"})
        assert refusal.value.code == "changed_meanwhile"

    def test_keeps_what_is_personal_and_was_left_out(self, ask: Ask) -> None:
        entered = enter(ask, a_person())
        order = {"version": 1, "type": "floating", "personal": {"phone": "13700001111"}}
        ask("change_record", record_id=entered["id"], order=order)
        clear = ask("personal", record_id=entered["id"], asked={"reason": "走访"})

        assert clear["personal"]["name"] == "张三丰"
        assert clear["personal"]["phone"] == "13700001111"
        assert clear["history"][-1]["was"] == {
            "type": "registered",
            "personal.phone": "13812345678",
        }

    def test_that_changes_nothing_makes_no_new_version(self, ask: Ask) -> None:
        entered = enter(ask, a_unit())
        same = {key: entered[key] for key in ("type", "credit_code", "version", "name")}

        assert ask("change_record", record_id=entered["id"], order=same)["version"] == 1


class TestMovingAndLeaving:
    def test_takes_a_person_to_another_house_and_keeps_where_he_was(self, ask: Ask) -> None:
        here, there = enter(ask, a_house(CELLS[0])), enter(ask, a_house(CELLS[5]))
        person = enter(ask, a_person(location=None, house_id=here["id"]))
        order = {"version": 1, "house_id": there["id"]}
        moved = ask("move_record", record_id=person["id"], order=order)

        assert moved["place"]["cell"]["code"] == CELLS[5]
        assert [(each["to"], each["until"] is None) for each in moved["relations"]] == [
            (here["id"], False),
            (there["id"], True),
        ]

    def test_of_a_house_takes_along_who_lives_there(self, ask: Ask) -> None:
        house = enter(ask, a_house(CELLS[0]))
        lodger = enter(ask, a_person(location=None, house_id=house["id"]))
        order = {"version": 1, "location": a_house(CELLS[6])["location"]}
        ask("move_record", record_id=house["id"], order=order)

        moved = ask("record", record_id=lodger["id"])
        assert moved["place"]["cell"]["code"] == CELLS[6]
        assert moved["house_id"] == house["id"]
        assert [each["until"] for each in moved["relations"]] == [None]

    def test_ends_no_house_where_people_live(self, ask: Ask) -> None:
        house = enter(ask, a_house())
        lodger = enter(ask, a_person(location=None, house_id=house["id"]))
        order = {"version": 1, "how": "ceased"}
        with pytest.raises(RuleBroken) as refusal:
            ask("end_record", record_id=house["id"], order=order)
        ask("end_record", record_id=lodger["id"], order={"version": 1, "how": "left"})

        assert refusal.value.code == "still_lived_in"
        assert ask("end_record", record_id=house["id"], order=order)["state"] == "ceased"

    def test_out_of_ones_own_place_hands_it_over(self, ask: Ask) -> None:
        member = a_grid_member(place_code=CELLS[0])
        person = enter(ask, a_person(CELLS[0]), member)
        location = a_person(CELLS[1])["location"]
        moved = ask(
            "move_record",
            actor=member,
            record_id=person["id"],
            order={"version": 1, "location": location},
        )

        assert moved["place"]["cell"]["code"] == CELLS[1]
        assert "personal" not in moved
        with pytest.raises(NotFound):
            ask("record", actor=member, record_id=person["id"])

    def test_ends_a_record_and_its_relations_for_good(self, ask: Ask) -> None:
        house = enter(ask, a_house())
        person = enter(ask, a_person(location=None, house_id=house["id"]))
        ended = ask("end_record", record_id=person["id"], order={"version": 1, "how": "left"})

        assert ended["state"] == "left"
        assert ended["relations"][0]["until"] is not None
        assert codes(ask("records", where={"kind": "person"})) == []
        assert codes(ask("records", where={"kind": "person", "state": "left"})) == [person["id"]]
        with pytest.raises(RuleBroken) as refusal:
            ask("end_record", record_id=person["id"], order={"version": 2, "how": "died"})
        assert refusal.value.code == "record_ended"

    @pytest.mark.parametrize(
        "order",
        [
            {"how": "ceased"},
            {"how": "left", "on": "2126-01-01"},
            {"how": "left", "on": "1990-01-01"},
        ],
    )
    def test_ends_nothing_otherwise_than_its_kind_does(
        self, ask: Ask, order: dict[str, Any]
    ) -> None:
        person = enter(ask, a_person())
        with pytest.raises(Invalid):
            ask("end_record", record_id=person["id"], order={"version": 1} | order)


class TestRelations:
    def test_are_entered_once_and_end(self, ask: Ask) -> None:
        person, unit = enter(ask, a_person()), enter(ask, a_unit())
        order = {"kind": "works_at", "of": person["id"], "to": unit["id"]}
        entered = ask("relate_records", order=order)
        with pytest.raises(RuleBroken) as refusal:
            ask("relate_records", order=order)
        ended = ask("end_relation", relation_id=entered["id"])

        assert refusal.value.code == "related_already"
        assert ended["until"] is not None
        assert ask("record", record_id=unit["id"])["relations"] == [ended]

    def test_name_an_officer_who_is_responsible(self, ask: Ask) -> None:
        unit = enter(ask, a_unit())
        ask("relate_records", order={"kind": "responsible", "account": "wang", "to": unit["id"]})

        [relation] = ask("record", record_id=unit["id"])["relations"]
        assert (relation["kind"], relation["account"]) == ("responsible", "wang")

    @pytest.mark.parametrize("kind", ["owns", "works_at", "responsible"])
    def test_that_do_not_go_together_are_refused(self, ask: Ask, kind: str) -> None:
        house, other = enter(ask, a_house()), enter(ask, a_house(CELLS[1]))
        with pytest.raises(Invalid):
            ask("relate_records", order={"kind": kind, "of": house["id"], "to": other["id"]})


class TestPersonalInClear:
    def test_is_shown_for_a_reason_and_noted(self, registering: Running, ask: Ask) -> None:
        entered = enter(ask, a_person())
        member = a_grid_member(place_code=CELLS[0])
        clear = ask("personal", actor=member, record_id=entered["id"], asked={"reason": "入户核实"})

        assert clear["personal"]["id_number"] == a_citizen_number()
        assert noted(registering) == [("member", "register.personal", entered["id"], "入户核实")]

    def test_is_not_shown_without_one(self, ask: Ask) -> None:
        entered = enter(ask, a_person())
        with pytest.raises(Invalid):
            ask("personal", record_id=entered["id"], asked={"reason": " "})

    def test_of_a_child_is_for_those_who_may_see_what_is_fenced(self, ask: Ask) -> None:
        number = a_citizen_number(born="20200101")
        child = enter(ask, a_person(personal={"id_number": number}))
        with pytest.raises(Forbidden) as refusal:
            ask(
                "personal",
                actor=a_grid_member(place_code=CELLS[0]),
                record_id=child["id"],
                asked={"reason": "走访"},
            )

        assert refusal.value.code == "child_not_yours"
        assert ask("personal", record_id=child["id"], asked={"reason": "走访"})["personal"]

    @pytest.mark.parametrize(
        "asked", [{"id_number": a_citizen_number()}, {"phone": "+86 138-1234-5678"}]
    )
    def test_is_found_by_an_exact_number_and_answered_masked(
        self, registering: Running, ask: Ask, asked: dict[str, str]
    ) -> None:
        entered = enter(ask, a_person())
        found = ask("records_by_number", asked={"reason": "核对"} | asked)

        assert [item["personal"] for item in found["items"]] == [MASKED]
        assert noted(registering) == [("desk", "register.records_by_number", entered["id"], "核对")]

    def test_is_not_found_by_two_numbers_or_none(self, ask: Ask) -> None:
        for asked in ({}, {"phone": "13812345678", "credit_code": "x"}):
            with pytest.raises(Invalid):
                ask("records_by_number", asked={"reason": "核对"} | asked)
