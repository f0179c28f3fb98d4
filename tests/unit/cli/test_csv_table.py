import io
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.cli.cannot_do import CannotDo
from deploy.cli.csv_form import form_of
from deploy.cli.csv_table import Row, opened_csv

TEXT = "编号,经度,纬度\n甲,112.2,31.0\n乙,112.3,31.1\n"


def rows_of(path: Path, content: bytes | str, encoding: str | None = None) -> list[Row]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with opened_csv(str(path), encoding=encoding) as table:
        return list(table.rows())


def cells_of(rows: Sequence[Row]) -> list[list[str]]:
    return [list(row.cells) for row in rows if not row.errors]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


class TestForm:
    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("utf-8", "utf-8"),
            ("utf-8-sig", "utf-8-sig"),
            ("gb18030", "gb18030"),
            ("gbk", "gb18030"),
            ("utf-16", "utf-16"),
            ("utf-16-be", None),
        ],
    )
    def test_tells_the_encoding(self, path: Path, written: str, read: str | None) -> None:
        content = TEXT.encode(written)
        if read is None:
            content = b"\xfe\xff" + content
        path.write_bytes(content)

        with opened_csv(str(path)) as table:
            assert table.form.encoding == (read or "utf-16")
            assert list(table.header) == ["编号", "经度", "纬度"]
            assert cells_of(list(table.rows()))[0] == ["甲", "112.2", "31.0"]

    def test_looks_at_the_whole_file_for_its_encoding(self) -> None:
        late = b"a,b\n" + b"1,2\n" * 600_000 + "网,格\n".encode("gb18030")

        assert form_of(io.BytesIO(late)).encoding == "gb18030"

    def test_is_not_misled_by_a_character_cut_by_a_block(self) -> None:
        cut = b"x" * ((1 << 20) - 1) + "网".encode()

        assert form_of(io.BytesIO(cut)).encoding == "utf-8"

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_tells_the_delimiter_from_the_header(self, delimiter: str) -> None:
        text = TEXT.replace(",", delimiter)

        assert form_of(io.BytesIO(text.encode())).delimiter == delimiter

    @pytest.mark.parametrize(
        ("text", "line_end"), [(TEXT, "\n"), (TEXT.replace("\n", "\r\n"), "\r\n")]
    )
    def test_tells_the_line_end(self, text: str, line_end: str) -> None:
        assert form_of(io.BytesIO(text.encode())).line_end == line_end

    def test_takes_what_is_given(self) -> None:
        form = form_of(io.BytesIO(TEXT.encode()), encoding="gb18030", delimiter="|")

        assert (form.encoding, form.delimiter) == ("gb18030", "|")

    @pytest.mark.parametrize("encoding", ["utf-9", "", "base64", "a\0b"])
    def test_refuses_an_encoding_that_is_none(self, encoding: str) -> None:
        with pytest.raises(CannotDo, match="encoding"):
            form_of(io.BytesIO(b"a,b\n"), encoding=encoding)

    @pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n"])
    def test_refuses_a_delimiter_that_is_none(self, delimiter: str) -> None:
        with pytest.raises(CannotDo, match="delimiter"):
            form_of(io.BytesIO(b"a,b\n"), delimiter=delimiter)

    @pytest.mark.parametrize(
        ("encoding", "written"),
        [
            ("utf-8", "utf-8"),
            ("gb18030", "gb18030"),
            ("latin-1", "utf-8-sig"),
            ("utf-16", "utf-8-sig"),
        ],
    )
    def test_is_written_in_an_encoding_that_holds_both_languages(
        self, encoding: str, written: str
    ) -> None:
        form = form_of(io.BytesIO("a,b\n".encode(encoding)), encoding=encoding)

        assert form.output_encoding == written


class TestRows:
    def test_are_numbered_as_in_a_spreadsheet(self, path: Path) -> None:
        rows = rows_of(path, 'a,b\n1,"two\nlines"\n\n3,4\n')

        assert [(row.number, list(row.cells)) for row in rows] == [
            (2, ["1", "two\nlines"]),
            (4, ["3", "4"]),
        ]

    def test_with_too_few_or_too_many_cells_stop_no_other(self, path: Path) -> None:
        rows = rows_of(path, "a,b\n1\n1,2,3\n5,6\n")

        assert [[error.code for error in row.errors] for row in rows] == [
            ["cell_count"],
            ["cell_count"],
            [],
        ]
        assert [len(row.cells) for row in rows] == [2, 2, 2]
        assert "3 cells, the header 2" in rows[1].errors[0].en

    def test_after_an_unclosed_quote_are_read_all_the_same(self, path: Path) -> None:
        rows = rows_of(path, 'a,b\n1,2\n3,"4\n5,6\n7,8\n')

        assert [row.number for row in rows if row.errors] == [3]
        assert rows[1].errors[0].code == "malformed"
        assert cells_of(rows) == [["1", "2"], ["5", "6"], ["7", "8"]]

    def test_after_several_unclosed_quotes_are_read_all_the_same(self, path: Path) -> None:
        rows = rows_of(path, 'a,b\n"x"y,2\n3,"4\n5,6\n7,"8\n9,0\n')

        assert [row.number for row in rows if row.errors] == [2, 3, 5]
        assert cells_of(rows) == [["5", "6"], ["9", "0"]]

    def test_after_an_endless_cell_are_read_all_the_same(self, path: Path) -> None:
        rows = rows_of(path, "a,b\n1," + "x" * 200_000 + "\n3,4\n")

        assert [row.number for row in rows if row.errors] == [2]
        assert cells_of(rows) == [["3", "4"]]

    def test_with_bytes_of_no_encoding_name_the_column(self, path: Path) -> None:
        content = b"a,b\n1,\xff\xff\n" + "3,网\n".encode()

        bad, good = rows_of(path, content)

        assert [(error.field, error.code) for error in bad.errors] == [("b", "encoding")]
        assert list(good.cells) == ["3", "网"]

    def test_hold_nothing_where_there_are_none(self, path: Path) -> None:
        assert rows_of(path, "a,b\n") == []


class TestTable:
    @pytest.mark.parametrize("content", ["", "\n", "  ,\n", '"a\nb'])
    def test_needs_a_header(self, path: Path, content: str) -> None:
        with pytest.raises(CannotDo) as error:
            rows_of(path, content)

        assert str(path) in error.value.zh

    def test_says_that_a_file_cannot_be_opened(self, tmp_path: Path) -> None:
        with pytest.raises(CannotDo, match="No such file"), opened_csv(str(tmp_path / "none.csv")):
            pass

    def test_finds_columns_by_name(self, path: Path) -> None:
        path.write_text("a, b ,c,c\n", "utf-8")

        with opened_csv(str(path)) as table:
            assert table.column("b") == 1
            with pytest.raises(CannotDo, match="occurs 2 times"):
                table.column("c")
            with pytest.raises(CannotDo, match="no column d"):
                table.column("d")

    def test_reads_the_standard_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        given = io.TextIOWrapper(io.BytesIO(TEXT.encode("gb18030")))
        monkeypatch.setattr(sys, "stdin", given)

        with opened_csv("-") as table:
            assert table.form.encoding == "gb18030"
            assert len(list(table.rows())) == 2

    def test_knows_how_far_it_has_been_read(self, path: Path) -> None:
        path.write_text("a,b\n" + "1,2\n" * 50_000, "utf-8")

        with opened_csv(str(path)) as table:
            assert table.size == path.stat().st_size
            positions = [table.position for _ in table.rows()]

        assert positions == sorted(positions)
        assert 0 < positions[0] < table.size
        assert positions[-1] == table.size
