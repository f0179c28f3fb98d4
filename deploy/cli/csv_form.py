"""How a CSV file is written: its encoding, delimiter and line ends, told from the file itself."""

import codecs
from dataclasses import dataclass
from typing import BinaryIO

from deploy.cli.cannot_do import CannotDo

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What spreadsheets here write, in the order of trying: text of the second is seldom good UTF-8.
_CANDIDATES = ("utf-8", "gb18030")
_DELIMITERS = ",;\t|"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class CsvForm:
    """A CSV file's outer form; a file written anew in it opens where the first one did."""

    encoding: str
    delimiter: str
    line_end: str

    @property
    def output_encoding(self) -> str:
        """Return the encoding to write in: the file's own, where it can hold both our languages."""
        try:
            "原因 · reason".encode(self.encoding)
        except UnicodeEncodeError:
            return "utf-8-sig"
        return "utf-8-sig" if self.encoding.startswith("utf-16") else self.encoding


def form_of(
    file: BinaryIO, *, encoding: str | None = None, delimiter: str | None = None
) -> CsvForm:
    """Return the form of *file*, from its start to its end, with what is given taken as it is.

    A file in no known encoding counts as UTF-8: its unreadable rows are found one by one.

    Raises:
        CannotDo: the encoding or the delimiter given is none.
    """
    if encoding is None:
        encoding = _encoding_of(file)
    else:
        _check_encoding(encoding)
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise CannotDo(
            "分隔符须为一个字符，如 ',' 或 ';'。",
            "The delimiter is one character, such as ',' or ';'.",
        )
    file.seek(0)
    start = file.read(_BLOCK).decode(encoding, errors="replace")
    first_line = start.partition("\n")[0]
    return CsvForm(
        encoding=encoding,
        delimiter=delimiter or max(_DELIMITERS, key=first_line.count),
        line_end="\r\n" if first_line.endswith("\r") else "\n",
    )


def _encoding_of(file: BinaryIO) -> str:
    file.seek(0)
    head = file.read(4)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    return next((name for name in _CANDIDATES if _reads(file, name)), _CANDIDATES[0])


def _reads(file: BinaryIO, encoding: str) -> bool:
    """Tell whether the whole file is text in *encoding*."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while block := file.read(_BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _check_encoding(encoding: str) -> None:
    try:
        "".encode(encoding)
    except (LookupError, ValueError):
        raise CannotDo(
            f"没有编码 {encoding}；可用 utf-8、utf-8-sig、gb18030。",
            f"There is no encoding {encoding}; use utf-8, utf-8-sig or gb18030.",
        ) from None
