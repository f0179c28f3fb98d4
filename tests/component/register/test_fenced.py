"""What people are looked after for: behind a right and a reason, and invisible to all who lack them."""

from typing import Any

import pytest

from services.register.store.tables import change_table
from shared.kernel.actor import Actor
from shared.kernel.errors import Forbidden, Invalid, NotFound, RuleBroken
from shared.kernel.rights import Role
from shared.runtime.tables import outbox
from tests.builders.actor import a_grid_member
from tests.builders.register import a_house, a_person
from tests.component.district import CELLS, COMMUNITIES
from tests.component.register.conftest import Ask, noted
from tests.component.running import Running

JUSTICE = Actor.of("justice", Role.JUSTICE_SUPERVISOR, place_code="420802")
MEMBER = a_grid_member(place_code=CELLS[0])
REASON = "社区矫正走访"


def set_attention(ask: Ask, person: dict[str, Any], *kinds: str, version: int = 0) -> Any:
    attention = [{"kind": kind, "since": "2026-01-02", "note": "李医生随访"} for kind in kinds]
    order = {"version": version, "reason": REASON, "attention": attention}
    return ask("set_attention", actor=JUSTICE, record_id=person["id"], order=order)


@pytest.fixture
def person(ask: Ask) -> dict[str, Any]:
    entered: dict[str, Any] = ask("register_record", order=a_person())
    return entered


def test_it_is_set_and_read_for_a_reason_that_is_on_record(
    registering: Running, ask: Ask, person: dict[str, Any]
) -> None:
    set_attention(ask, person, "severe_mental_disorder")
    seen = ask("fenced", actor=JUSTICE, record_id=person["id"], asked={"reason": REASON})

    assert seen["attention"] == [
        {"kind": "severe_mental_disorder", "since": "2026-01-02", "note": "李医生随访"}
    ]
    assert noted(registering) == [("justice", "register.fenced", person["id"], REASON)]


def test_nobody_else_sees_that_there_is_anything(
    registering: Running, ask: Ask, person: dict[str, Any]
) -> None:
    before = ask("record", actor=MEMBER, record_id=person["id"])
    told = registering.count("register", outbox)
    set_attention(ask, person, "drug_user")
    set_attention(ask, person, "drug_user", "released", version=1)

    assert ask("record", actor=MEMBER, record_id=person["id"]) == before
    assert registering.count("register", outbox) == told
    clear = ask("personal", actor=MEMBER, record_id=person["id"], asked={"reason": "走访"})
    assert "drug" not in repr(clear)
    with pytest.raises(Forbidden):
        ask("fenced", actor=MEMBER, record_id=person["id"], asked={"reason": "走访"})


def test_a_row_is_as_long_with_it_as_without(
    registering: Running, ask: Ask, person: dict[str, Any]
) -> None:
    def length() -> int:
        with registering.database("register").reading() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT attention FROM record WHERE id = '{person['id']}'"  # noqa: S608
            )
            return len(bytes(rows.scalar_one()))

    before = length()
    set_attention(ask, person, "aids")

    # What remains is the difference between a word and its JSON, not that there is one.
    assert abs(length() - before) < 40


def test_it_is_set_once_a_version_and_of_people_alone(ask: Ask, person: dict[str, Any]) -> None:
    set_attention(ask, person, "key_youth")
    with pytest.raises(RuleBroken) as refusal:
        set_attention(ask, person, "released")
    with pytest.raises(Invalid):
        set_attention(ask, person, "released", "released", version=1)
    house = ask("register_record", order=a_house())
    with pytest.raises(Invalid):
        set_attention(ask, house, "released")

    assert refusal.value.code == "changed_meanwhile"


def test_people_are_listed_by_it_under_a_place_page_by_page(
    registering: Running, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.register.queries.fenced.MOST_OPENED", 2)
    people = [ask("register_record", order=a_person(cell)) for cell in (*CELLS[:4], CELLS[7])]
    for one in (people[0], people[3], people[4]):
        set_attention(ask, one, "released")

    asked = {"reason": REASON, "place": COMMUNITIES[0], "attention": "released"}
    found, cursor = [], None
    for _ in range(4):
        page = ask("looked_after", actor=JUSTICE, asked=asked | {"cursor": cursor})
        found += [item["id"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break

    assert cursor is None
    assert found == [people[0]["id"]]
    assert noted(registering)[-1][1] == "register.looked_after"


def test_whoever_looks_after_another_place_finds_nobody(ask: Ask, person: dict[str, Any]) -> None:
    set_attention(ask, person, "released")
    elsewhere = Actor.of("other", Role.JUSTICE_SUPERVISOR, place_code=CELLS[7])
    asked = {"reason": REASON, "place": CELLS[0], "attention": "released"}

    assert ask("looked_after", actor=elsewhere, asked=asked)["items"] == []
    with pytest.raises(NotFound):
        ask("fenced", actor=elsewhere, record_id=person["id"], asked={"reason": REASON})


def test_its_history_is_fenced_too(registering: Running, ask: Ask, person: dict[str, Any]) -> None:
    set_attention(ask, person, "released")
    set_attention(ask, person, version=1)
    seen = ask("fenced", actor=JUSTICE, record_id=person["id"], asked={"reason": REASON})

    assert [len(each["was"]["attention"]) for each in seen["history"]] == [0, 1]
    assert registering.count("register", change_table, change_table.c.is_fenced) == 2
