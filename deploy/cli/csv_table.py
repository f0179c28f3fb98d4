"""A CSV file as rows under a header; a row that cannot be read is told of and stops no other."""

import csv
import io
import shutil
import sys
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from deploy.cli.cannot_do import CannotDo
from deploy.cli.csv_form import CsvForm, form_of
from shared.kernel.errors import FieldError

STANDARD_INPUT = "-"
_HELD_IN_MEMORY = 64 << 20


@dataclass(frozen=True, slots=True)
class Row:
    """One row below the header; `number` counts rows from 1, the header's, as spreadsheets do.

    A row with `errors` cannot be used; its cells are as many as the header's all the same.
    """

    number: int
    cells: Sequence[str]
    errors: tuple[FieldError, ...] = ()


class _Lines:
    """The lines of a file, which remembers those of the present record so that they can be read again."""

    def __init__(self, text: Iterable[str]) -> None:
        self._text = iter(text)
        self._given_back: deque[str] = deque()
        self._record: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._given_back.popleft() if self._given_back else next(self._text)
        self._record.append(line)
        return line

    def begin_record(self) -> None:
        self._record.clear()

    def give_back_all_but_first(self) -> None:
        """Let a torn record be its first line alone: an unclosed quote swallows what follows."""
        self._given_back.extendleft(reversed(self._record[1:]))


class CsvTable:
    """An open CSV file, read once from its start."""

    def __init__(self, name: str, raw: BinaryIO, form: CsvForm) -> None:
        self.name = name
        self.form = form
        self._raw = raw
        self.size = raw.seek(0, io.SEEK_END)
        raw.seek(0)
        text = io.TextIOWrapper(
            raw, encoding=form.encoding, errors="surrogateescape", newline="", write_through=True
        )
        self._lines = _Lines(text)
        self._reader = csv.reader(self._lines, delimiter=form.delimiter, strict=True)
        self.header = self._read_header()

    @property
    def position(self) -> int:
        """Return how many of the file's `size` bytes have been read."""
        return self._raw.tell()

    def column(self, name: str) -> int:
        """Return the position of the column called *name*.

        Raises:
            CannotDo: the header has no such column, or several.
        """
        found = [place for place, cell in enumerate(self.header) if cell.strip() == name]
        if len(found) == 1:
            return found[0]
        if found:
            raise CannotDo(
                f"{self.name}：列 {name} 出现了 {len(found)} 次，请先改名。",
                f"{self.name}: the column {name} occurs {len(found)} times; rename one.",
            )
        raise CannotDo(
            f"{self.name}：没有列 {name}，请从现有列中选择",
            f"{self.name}: there is no column {name}; choose one that is there",
            [f"现有列 · columns: {', '.join(self.header)}"],
        )

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header; blank ones are passed over, but counted."""
        number = 1
        while True:
            number += 1
            self._lines.begin_record()
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._lines.give_back_all_but_first()
                yield self._torn(number, str(error))
                continue
            if cells:
                yield self._checked(number, cells)

    def _read_header(self) -> Sequence[str]:
        try:
            header = next(self._reader, [])
        except csv.Error as error:
            raise CannotDo(
                f"{self.name}：第一行（表头）无法读懂；请另存为 CSV（UTF-8）。",
                f"{self.name}: the first row, the header, cannot be read ({error}); save it as CSV (UTF-8).",
            ) from None
        if not any(cell.strip() for cell in header):
            raise CannotDo(
                f"{self.name} 为空，或第一行没有列名。",
                f"{self.name} is empty, or its first row holds no column names.",
            )
        return header

    def _checked(self, number: int, cells: list[str]) -> Row:
        expected, found = len(self.header), len(cells)
        if found != expected:
            wrong = _row_error(
                "cell_count",
                f"该行有 {found} 格，表头有 {expected} 列；请检查引号与分隔符。",
                f"The row has {found} cells, the header {expected}; look at quotes and delimiters.",
            )
            return Row(number, (cells + [""] * expected)[:expected], (wrong,))
        errors = tuple(
            _unreadable(name, self.form.encoding)
            for name, cell in zip(self.header, cells, strict=True)
            if not cell.isascii() and any("\ud800" <= letter <= "\udfff" for letter in cell)
        )
        return Row(number, cells, errors)

    def _torn(self, number: int, why: str) -> Row:
        wrong = _row_error(
            "malformed",
            f"该行不是合法的 CSV（{why}）；请检查引号。",
            f"The row is no CSV ({why}); look at its quotes.",
        )
        return Row(number, [""] * len(self.header), (wrong,))


@contextmanager
def opened_csv(
    source: str, *, encoding: str | None = None, delimiter: str | None = None
) -> Iterator[CsvTable]:
    """Open the CSV file at the path *source*, or the standard input for "-".

    Raises:
        CannotDo: it cannot be opened, or has no header.
    """
    with ExitStack() as opened:
        if source == STANDARD_INPUT:
            raw = _from_standard_input(opened)
        else:
            raw = opened.enter_context(_open(Path(source)))
        form = form_of(raw, encoding=encoding, delimiter=delimiter)
        yield CsvTable("标准输入 stdin" if source == STANDARD_INPUT else source, raw, form)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise CannotDo(
            f"无法打开 {path}：请检查路径与权限。",
            f"Cannot open {path}: {error.strerror}; look at the path and its rights.",
        ) from None


def _from_standard_input(opened: ExitStack) -> BinaryIO:
    """Return all of the standard input as a file that can be read twice: first for its form."""
    spool = tempfile.SpooledTemporaryFile(max_size=_HELD_IN_MEMORY)  # noqa: SIM115 – *opened* closes it
    kept = cast(BinaryIO, opened.enter_context(spool))
    shutil.copyfileobj(sys.stdin.buffer, kept)
    return kept


def _row_error(code: str, zh: str, en: str) -> FieldError:
    return FieldError(field="", code=code, zh=zh, en=en)


def _unreadable(column: str, encoding: str) -> FieldError:
    return FieldError(
        field=column,
        code="encoding",
        zh=f"含有不是 {encoding} 的字节；请另存为 UTF-8，或用 --encoding 指定编码。",
        en=f"Holds bytes that are not {encoding}; save the file as UTF-8, or name its --encoding.",
    )
