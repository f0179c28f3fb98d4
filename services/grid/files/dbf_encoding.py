"""In which encoding a Shapefile's table is written, since its own word for it is often wrong."""

import codecs
import math
from pathlib import Path

_HEADER_LENGTH_AT = slice(8, 10)


def dbf_encoding(dbf: Path, cpg: Path | None) -> str:
    """Return the encoding that reads the text of the table *dbf* with the fewest errors.

    Tried are what the .cpg file says, UTF-8 and GB18030 (which reads GBK and GB2312): software that
    saves GBK and leaves the .cpg out, or writes UTF-8 into it, is common. An encoding without
    Chinese, such as ISO-8859-1, reads anything, so that UTF-8 is tried before it.
    """
    table = dbf.read_bytes()
    text = table[int.from_bytes(table[_HEADER_LENGTH_AT], "little") :]
    stated = _stated(cpg)
    candidates = sorted(
        ["utf-8", *stated], key=lambda name: name == "utf-8" or not _has_chinese(name)
    )
    return min([*candidates, "gb18030"], key=lambda encoding: _errors(text, encoding))


def _stated(cpg: Path | None) -> list[str]:
    if cpg is None:
        return []
    name = cpg.read_text("ascii", "replace").strip()
    name = f"cp{name}" if name.isdigit() else name
    try:
        return [codecs.lookup(name).name]
    except (LookupError, ValueError):
        return []


def _has_chinese(encoding: str) -> bool:
    try:
        return bool("网格".encode(encoding))
    except (LookupError, UnicodeEncodeError):
        return False


def _errors(text: bytes, encoding: str) -> float:
    try:
        return text.decode(encoding, "replace").count("\ufffd")
    except LookupError:  # a codec, but not one of text
        return math.inf
