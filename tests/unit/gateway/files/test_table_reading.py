"""Tables as people send them: CSV of two encodings, workbooks with typed cells, and what is neither."""

import io
import zipfile
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from services.gateway.domain.kept_file import NotSupported
from services.gateway.files import table_reading
from services.gateway.files.table_reading import read_table
from shared.contracts.register import MOST_COLUMNS, MOST_ROWS
from shared.kernel.errors import Invalid


def a_workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def read(content: bytes) -> tuple[list[str], list[list[str]]]:
    table = read_table(io.BytesIO(content))
    return table.headings, table.rows


class TestCsv:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_is_read_as_spreadsheets_write_it(self, encoding: str) -> None:
        text = '姓名,地址\r\n张三,"象山大道,12号"\r\n,\r\n李四,\r\n'

        assert read(text.encode(encoding)) == (
            ["姓名", "地址"],
            [["张三", "象山大道,12号"], ["李四", ""]],
        )

    def test_has_no_more_columns_than_headings(self) -> None:
        assert read(b"a,b,,\n1,2,3,4\n") == (["a", "b"], [["1", "2"]])

    @pytest.mark.parametrize("content", [b"\xff\xff\xff", b"a,b\n\x00,1\n"])
    def test_that_is_none_is_refused(self, content: bytes) -> None:
        with pytest.raises(NotSupported):
            read(content)


class TestWorkbook:
    def test_is_read_with_numbers_and_days_as_they_are_meant(self) -> None:
        content = a_workbook(
            ["编号", "联系电话", "起始日期", "是否出租"],
            [7, 13812345678.0, date(2026, 1, 2), True],
            [None, None, None, None],
        )

        assert read(content) == (
            ["编号", "联系电话", "起始日期", "是否出租"],
            [["7", "13812345678", "2026-01-02", "true"]],
        )

    def test_shows_no_formula(self) -> None:
        assert read(a_workbook(["a", "b"], ["x", "=1+1"]))[1] == [["x", ""]]

    def test_that_is_broken_or_no_workbook_is_refused(self) -> None:
        other = io.BytesIO()
        with zipfile.ZipFile(other, "w") as parts:
            parts.writestr("a.txt", "no workbook")
        for content in (other.getvalue(), a_workbook(["a"], ["b"])[:300], b"PK\x03\x04"):
            with pytest.raises(NotSupported):
                read(content)

    def test_that_unpacks_to_too_much_is_refused_unopened(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(table_reading, "MOST_UNPACKED", 1000)
        with pytest.raises(Invalid) as refusal:
            read(a_workbook(["a"], ["b"]))

        assert refusal.value.errors[0].code == "too_large_unpacked"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_rows"),
        (b"a,b\n", "no_rows"),
        (b"a\n" + b"1\n" * (MOST_ROWS + 1), "too_many_rows"),
        (b"a," * (MOST_COLUMNS + 1) + b"a\n1\n", "too_many_columns"),
    ],
)
def test_what_is_too_little_or_too_much_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read(content)

    assert refusal.value.errors[0].code == code
