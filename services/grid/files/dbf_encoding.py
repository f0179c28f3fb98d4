"""In which encoding a Shapefile's table is written, since its own word for it is often wrong."""

import codecs
import math
from pathlib import Path

_HEADER_LENGTH_AT = slice(8, 10)


def dbf_encoding(shp: Path) -> str:
    """Return the encoding that reads the text of the table beside *shp* with the fewest errors.

    Tried are what the .cpg file says, UTF-8 and GB18030 (which reads GBK and GB2312): software
    that saves GBK and leaves the .cpg out, or writes UTF-8 into it, is common.
    """
    table = shp.with_suffix(".dbf").read_bytes()
    text = table[int.from_bytes(table[_HEADER_LENGTH_AT], "little") :]
    candidates = [*_stated(shp.with_suffix(".cpg")), "utf-8", "gb18030"]
    return min(candidates, key=lambda encoding: _errors(text, encoding))


def _errors(text: bytes, encoding: str) -> float:
    try:
        return text.decode(encoding, "replace").count("\ufffd")
    except LookupError:  # a codec, but not one of text
        return math.inf


def _stated(cpg: Path) -> list[str]:
    if not cpg.exists():
        return []
    name = cpg.read_text("ascii", "replace").strip()
    name = f"cp{name}" if name.isdigit() else name
    try:
        return [codecs.lookup(name).name]
    except (LookupError, ValueError):
        return []
