"""A row of a table is read as an order, in the words of fields or of clerks; what is wrong is named, never quoted."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.register.domain.import_row import (
    FIELDS,
    HEADINGS,
    fields_of,
    key_of,
    read,
    wrong_headings,
)
from tests.builders.register import a_citizen_number

PERSON = ["personal.name", "type", "personal.id_number", "personal.phone"]


@pytest.mark.parametrize("word", ["户籍人口", "registered"])
def test_a_row_is_the_order_that_would_enter_it(word: str) -> None:
    number = a_citizen_number()
    order, house_no, errors = read("person", PERSON, ["张三 ", word, number.lower(), ""])

    assert errors == []
    assert house_no is None
    assert order is not None
    assert order.type == "registered"
    assert order.personal.name is not None
    assert order.personal.name.plain == "张三"
    assert order.personal.phone is None
    assert key_of(order) == f"id:{number}"


@pytest.mark.parametrize(
    ("cell", "rented"), [("是", True), ("否", False), ("TRUE", True), ("0", False), ("", None)]
)
def test_yes_and_no_are_read_as_people_write_them(cell: str, rented: bool | None) -> None:
    order, _, errors = read("house", ["name", "rented"], ["3栋", cell])

    assert errors == []
    assert order is not None
    assert order.rented is rented


@pytest.mark.parametrize("cell", ["2026-01-02", "2026/1/2", "2026.1.2", "2026年1月2日"])
def test_a_day_is_read_as_people_write_it(cell: str) -> None:
    order, _, errors = read("house", ["since"], [cell])

    assert errors == []
    assert order is not None
    assert order.since == date(2026, 1, 2)


@pytest.mark.parametrize("cell", ["20260102", "0", "2026-13-01", "昨天"])
def test_what_is_no_day_is_refused(cell: str) -> None:
    _, _, errors = read("house", ["since"], [cell])

    assert [error.field for error in errors] == ["since"]


def test_a_point_and_the_number_of_a_house_are_told_apart() -> None:
    fields = fields_of(["经度", "纬度", "坐标系", "房屋编号", "编号"])
    order, house_no, _ = read("person", fields, ["112.2", "31", "gcj02", "H-1", "7"])

    assert house_no == "H-1"
    assert order is not None
    assert order.location is not None
    assert (order.location.lon, order.location.crs) == (112.2, "gcj02")
    assert key_of(order) == "no:7"


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("personal.phone", "secret"),
        ("location.lon", "secret"),
        ("since", "secret"),
        ("rented", "secret"),
    ],
)
def test_what_is_wrong_is_named_and_not_quoted(field: str, cell: str) -> None:
    order, _, errors = read("person", [field], [cell])

    assert order is None
    assert field in [error.field for error in errors]
    assert cell not in repr(errors)


def test_every_field_is_known_by_both_its_names() -> None:
    assert wrong_headings(list(FIELDS)) == []
    assert set(fields_of(list(HEADINGS))) == FIELDS


def test_headings_that_are_none_or_twice_are_named() -> None:
    wrong = [(each.field, each.code) for each in wrong_headings(["姓名", "?", "personal.name"])]

    assert wrong == [("headings.1", "unknown_heading"), ("headings.2", "repeated")]


@given(st.lists(st.text(max_size=30), max_size=12))
def test_any_row_is_read_or_refused(cells: list[str]) -> None:
    order, _, errors = read("person", sorted(FIELDS), cells)

    assert (order is None) == bool(errors)
