"""What is a code of a district, street, community or cell, and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.errors import Invalid
from shared.kernel.grid_code import CodeScheme, checked_code, level_of, parent_code

CN, FREE = CodeScheme.CN, CodeScheme.FREE


def refusal_of(code: str, scheme: CodeScheme = CN, **expected: str) -> Invalid:
    with pytest.raises(Invalid) as refusal:
        checked_code(code, scheme, **expected)
    assert refusal.value.zh
    assert refusal.value.en
    return refusal.value


class TestCheckedCnCode:
    @pytest.mark.parametrize(
        ("code", "level"),
        [
            ("420802", "district"),
            ("420802001", "street"),
            ("420802400", "street"),
            ("420802599", "street"),
            ("420802001013", "community"),
            ("420802100599", "community"),
            ("420802001013001", "cell"),
            ("420802001013999", "cell"),
            ("110101", "district"),
        ],
    )
    def test_knows_the_level_by_the_length(self, code: str, level: str) -> None:
        assert checked_code(code, CN, level=level) == code
        assert level_of(code) == level

    @pytest.mark.parametrize(
        ("code", "short"), [("420802000000", "420802"), ("420802001000", "420802001")]
    )
    def test_drops_the_zeros_that_fill_up_twelve_digits(self, code: str, short: str) -> None:
        assert checked_code(code, CN) == short

    @pytest.mark.parametrize(
        ("code", "says"),
        [
            ("420802000", "7–9"),
            ("420802600", "7–9"),
            ("420802999001", "7–9"),
            ("420802000001", "7–9"),
            ("420802001600", "10–12"),
            ("420802001601001", "merged communities"),
            ("420802001000001", "10–12"),
            ("420802001013000", "sequence is 000"),
            ("420800", "GB/T 2260"),
            ("020802", "GB/T 2260"),
            ("42080", "5 digits"),
            ("4208020010130011", "16 digits"),
            ("42080200101301", "CJ/T 213"),
            ("42080200101300101", "micro-grid"),
            ("01010142080200101301", "CJ/T 349"),
            ("", "digits 0–9"),
            ("420802 ", "digits 0–9"),
            ("420802001001.0", "digits 0–9"),
            ("4.20802E+11", "digits 0–9"),
            ("４２０８０２", "full-width"),
            ("٤٢٠٨٠٢", "digits 0–9"),
            ("420802\n", "digits 0–9"),
        ],
    )
    def test_says_what_is_wrong(self, code: str, says: str) -> None:
        assert says in refusal_of(code).en

    def test_refuses_the_code_of_another_level(self) -> None:
        refusal = refusal_of("420802001", level="community")

        assert "code of a street; a community has 12 digits" in refusal.en

    def test_refuses_the_code_of_another_county(self) -> None:
        assert checked_code("420804001013001", CN, county="420804")
        assert "not 420802" in refusal_of("420804001013001", county="420802").en

    @given(st.text(max_size=30))
    def test_accepts_or_refuses_any_text_and_nothing_else(self, text: str) -> None:
        try:
            code = checked_code(text, CN)
        except Invalid:
            return
        assert checked_code(code, CN) == code


class TestParentCode:
    def test_is_the_prefix(self) -> None:
        assert parent_code("420802001013001") == "420802001013"
        assert parent_code("420802001013") == "420802001"
        assert parent_code("420802001") == "420802"
        assert parent_code("420802") is None

    def test_reaches_over_several_levels(self) -> None:
        assert parent_code("420802001013001", "street") == "420802001"
        assert parent_code("420802001", "cell") is None


class TestCheckedFreeCode:
    @pytest.mark.parametrize("code", ["E08000035", "塔影-3", "47", "lincoln heights", "x" * 64])
    def test_takes_what_people_write(self, code: str) -> None:
        assert checked_code(code, FREE, level="cell") == code

    @pytest.mark.parametrize(
        ("code", "says"),
        [
            ("", "1 to 64"),
            ("x" * 65, "has 65"),
            (" a", "white space"),
            ("a\u3000", "white space"),
            ("a\tb", "control"),
            ("a\u200bb", "invisible"),
            ("a/b", "“/”"),
            ("4.20802E+11", "exponent"),
        ],
    )
    def test_says_what_is_wrong(self, code: str, says: str) -> None:
        assert says in refusal_of(code, FREE).en
