"""A catalogue of categories: whether it holds together, read from a file, and put in force from a day on."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.patrol.domain.catalogue import CatalogueVersion, check, check_day
from services.patrol.domain.catalogue_csv import entries_of
from shared.contracts.catalogue import CatalogueEntry
from shared.kernel.errors import Invalid, RuleBroken

TODAY = date(2026, 11, 28)
FILE = """code,zh,en,owner,sensitivity,parent
05,生态环境,Environment,ecology,,
0501,"焚烧, 秸秆",Burning,ecology,none,05
"""


def an_entry(code: str = "05", **changed: Any) -> CatalogueEntry:
    entry = CatalogueEntry(code=code, zh="生态环境", en="Environment", owner="ecology")
    return replace(entry, **changed)


def findings(*entries: CatalogueEntry) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        check(entries)
    assert all(error.zh and error.en for error in refusal.value.errors)
    return [(error.field, error.code) for error in refusal.value.errors]


class TestCatalogue:
    def test_has_three_levels_in_any_order(self) -> None:
        check([an_entry("050101", parent="0501"), an_entry("0501", parent="05"), an_entry()])

    def test_tells_all_that_is_wrong_at_once(self) -> None:
        assert findings(
            an_entry(zh=" "),
            an_entry(en="Environment "),
            an_entry("06", sensitivity="secret"),
            an_entry("07", parent="99"),
        ) == [
            ("entries.0.zh", "blank"),
            ("entries.0.code", "twice"),
            ("entries.1.en", "blank"),
            ("entries.1.code", "twice"),
            ("entries.2.sensitivity", "unknown"),
            ("entries.3.parent", "unknown"),
        ]

    def test_goes_no_deeper_and_in_no_circle(self) -> None:
        four = [
            an_entry(str(level), parent=str(level - 1) if level else None) for level in range(4)
        ]

        assert findings(*four) == [("entries.3.parent", "too_deep")]
        assert findings(an_entry("a", parent="b"), an_entry("b", parent="a")) == [
            ("entries.0.parent", "too_deep"),
            ("entries.1.parent", "too_deep"),
        ]
        assert findings(an_entry("a", parent="a")) == [("entries.0.parent", "too_deep")]

    def test_is_not_empty(self) -> None:
        assert findings() == [("entries", "needed")]


class TestFile:
    @pytest.mark.parametrize("begins", ["", "\ufeff"])
    def test_is_read_by_its_heading(self, begins: str) -> None:
        first, second = entries_of(begins + FILE)

        assert first == an_entry()
        assert (second.code, second.zh, second.parent) == ("0501", "焚烧, 秸秆", "05")

    def test_may_have_its_columns_in_any_order_and_leave_the_last_two_out(self) -> None:
        [entry] = entries_of("zh,owner,en,code\r\n生态环境,ecology,Environment,05\r\n")

        assert entry == an_entry()

    @pytest.mark.parametrize(
        ("text", "wrong"),
        [
            ("", ["csv.code", "csv.zh", "csv.en", "csv.owner"]),
            ("code,zh,en,owner,colour\n", ["csv"]),
            ("code,zh,en,owner,code\n", ["csv"]),
            ("code,zh,en,owner\n05,a,b\n06,a,b,c,d\n", ["csv.2", "csv.3"]),
            (f"code,zh,en,owner\n{'5' * 17},{'a' * 101},b,c\n", ["csv.2.code", "csv.2.zh"]),
            ('code,zh,en,owner\n"05"5,a,b,c\n', ["csv"]),
            (f"code,zh,en,owner\n05,{'a' * 200_000},b,c\n", ["csv"]),
        ],
    )
    def test_that_is_wrong_is_told_by_its_lines(self, text: str, wrong: list[str]) -> None:
        with pytest.raises(Invalid) as refusal:
            entries_of(text)

        assert [error.field for error in refusal.value.errors] == wrong


class TestDay:
    DRAFT = CatalogueVersion(version=2, source="例", entries=(an_entry(),))

    @pytest.mark.parametrize("days", [0, 30])
    def test_is_today_or_later(self, days: int) -> None:
        check_day(self.DRAFT, TODAY + timedelta(days=days), TODAY)

    def test_is_none_that_is_over(self) -> None:
        with pytest.raises(Invalid) as refusal:
            check_day(self.DRAFT, TODAY - timedelta(days=1), TODAY)

        assert [error.code for error in refusal.value.errors] == ["in_the_past"]

    def test_is_given_once(self) -> None:
        with pytest.raises(RuleBroken) as refusal:
            check_day(replace(self.DRAFT, effective_on=TODAY), TODAY, TODAY)

        assert refusal.value.code == "not_a_draft"
