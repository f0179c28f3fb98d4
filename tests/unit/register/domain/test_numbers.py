"""Numbers with a check digit: one wrong place, or two that changed places, and it is none."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.register.domain.numbers import is_child, is_citizen_number, is_credit_code
from tests.builders.register import a_citizen_number, a_credit_code

# From GB 11643-1999 itself.
FROM_THE_STANDARD = ["11010519491231002X", "440524188001010014"]


@pytest.mark.parametrize("number", FROM_THE_STANDARD)
def test_the_standards_own_numbers_are_good(number: str) -> None:
    assert is_citizen_number(number)
    assert is_citizen_number(number.lower())


@given(st.integers(0, 17), st.sampled_from("0123456789X"))
def test_a_citizens_number_with_one_place_changed_is_none(at: int, other: str) -> None:
    number = a_citizen_number()
    changed = number[:at] + other + number[at + 1 :]

    assert is_citizen_number(changed) == (changed == number)


@pytest.mark.parametrize(
    "number", ["", "42080219850412123", "420802198504121239876", "42080219851312123X", "４２" * 9]
)
def test_what_is_no_number_at_all_is_none(number: str) -> None:
    assert not is_citizen_number(number)


@given(st.integers(0, 17), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_a_credit_code_with_one_place_changed_is_none(at: int, other: str) -> None:
    code = a_credit_code()
    changed = code[:at] + other + code[at + 1 :]
    if is_credit_code(changed):
        assert changed == code


@pytest.mark.parametrize(
    ("born", "today", "is_one"),
    [
        ("20121128", date(2026, 11, 27), True),
        ("20121128", date(2026, 11, 28), False),
        ("20200229", date(2026, 11, 28), True),
        ("19850412", date(2026, 11, 28), False),
    ],
)
def test_a_child_is_under_fourteen(born: str, today: date, is_one: bool) -> None:
    assert is_child(a_citizen_number(born=born), today) is is_one


def test_of_whom_no_number_is_known_no_age_is() -> None:
    assert not is_child(None, date(2026, 11, 28))
