"""One matter, one number: how it is written, and which slips of the pen its check digit catches."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_10

from shared.kernel.errors import Invalid
from shared.kernel.matter_no import checked_matter_no, matter_no, meant_matter_no

DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31))
SERIALS = st.integers(min_value=1, max_value=999_999)
NUMBERS = st.builds(matter_no, st.sampled_from("PMTBE"), DAYS, SERIALS)


def refusal_of(text: str) -> Invalid:
    with pytest.raises(Invalid) as refusal:
        checked_matter_no(text)
    assert refusal.value.zh
    assert refusal.value.en
    return refusal.value


class TestMatterNo:
    def test_shows_where_and_when_the_matter_came_in(self) -> None:
        assert matter_no("P", date(2026, 11, 23), 1) == "P20261123-0000018"

    def test_differs_from_one_serial_to_the_next(self) -> None:
        numbers = {matter_no("P", date(2026, 11, 23), serial) for serial in range(1, 500)}

        assert len(numbers) == 499

    @given(NUMBERS)
    def test_checks_date_and_serial_as_the_standard_says(self, number: str) -> None:
        digits = number[1:].replace("-", "")

        assert mod_11_10.is_valid(digits)


class TestCheckedMatterNo:
    @given(NUMBERS)
    def test_takes_every_number_we_give(self, number: str) -> None:
        assert checked_matter_no(number) == number

    @pytest.mark.parametrize(
        "typed",
        [
            "p20261123-0000018",
            " P20261123-0000018\n",
            "Ｐ２０２６１１２３－０００００１８",
            "P２０２６１１２３-0000018",
        ],
        ids=["lower case", "blanks around", "full width", "full-width digits"],
    )
    def test_returns_the_standard_writing(self, typed: str) -> None:
        assert checked_matter_no(typed) == "P20261123-0000018"

    @given(NUMBERS, st.data())
    def test_catches_every_wrong_digit(self, number: str, data: st.DataObject) -> None:
        place = data.draw(st.sampled_from([i for i, sign in enumerate(number) if sign.isdigit()]))
        wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))

        refusal = refusal_of(number[:place] + wrong + number[place + 1 :])

        assert refusal.code == "matter_no_mistyped"

    def test_catches_nearly_every_swap_of_neighbouring_digits(self) -> None:
        # The standard promises all single digits, but not all swaps: about one in fifty escapes.
        swapped = [
            slip
            for serial in range(1, 2000, 7)
            for slip in _swaps(matter_no("P", date(2026, 11, 23), serial))
        ]

        escaped = [slip for slip in swapped if _is_taken(slip)]

        assert len(swapped) > 1000
        assert 0 < len(escaped) / len(swapped) < 0.03

    def test_shows_in_its_refusal_a_number_that_it_takes(self) -> None:
        refusal = refusal_of("17")

        for text in (refusal.zh, refusal.en):
            [example] = re.findall(r"P[\d-]+", text)
            assert checked_matter_no(example) == example

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "P",
            "20261123-0000018",
            "P20261123",
            "P20261123-000001",
            "P20261123-00000180",
            "P20261123 0000018",
            "PP20261123-0000018",
            "P2026I123-0000018",
            "'; drop table matter; --",
            "P२०२६११२३-०००००१८",
        ],
    )
    def test_refuses_what_is_no_matter_number(self, text: str) -> None:
        assert refusal_of(text).code == "matter_no_malformed"


def _swaps(number: str) -> list[str]:
    """Return the number with each two unlike neighbouring digits of a part swapped."""
    return [
        number[:i] + number[i + 1] + number[i] + number[i + 2 :]
        for i in range(1, len(number) - 1)
        if number[i] != number[i + 1] and "-" not in number[i : i + 2]
    ]


def _is_taken(text: str) -> bool:
    try:
        checked_matter_no(text)
    except Invalid:
        return False
    return True


class TestMeantMatterNo:
    @given(NUMBERS)
    def test_is_the_number_however_it_is_typed(self, number: str) -> None:
        for typed in (number, number.lower(), number.replace("-", ""), number[:-1], f" {number} "):
            assert meant_matter_no(typed) == number
        for dash in "－–— ":
            assert meant_matter_no(number.replace("-", dash)) == number

    @pytest.mark.parametrize(
        "typed", ["P20261123-0000019", "P20261123", "垃圾", "", "20261123-0000018"]
    )
    def test_is_none_of_what_is_mistyped_or_no_number(self, typed: str) -> None:
        assert meant_matter_no(typed) is None
