"""What lies beside a Shapefile's geometry as text: the encoding of its table, its coordinate system."""

import codecs
import math
from pathlib import Path

PRJ_IS_KEPT_AS = ".wkt"
"""So that GDAL does not find it."""

_HEADER_LENGTH_AT = slice(8, 10)


def dbf_encoding(shp: Path) -> str:
    """Return the encoding that reads the text of the table beside *shp* with the fewest errors.

    The file's own word for it is often wrong. Tried are what the .cpg file says, UTF-8 and GB18030 (which reads GBK and GB2312): software that
    saves GBK and leaves the .cpg out, or writes UTF-8 into it, is common. An encoding without
    Chinese, such as ISO-8859-1, reads anything, so that UTF-8 is tried before it.
    """
    table = shp.with_suffix(".dbf").read_bytes()
    text = table[int.from_bytes(table[_HEADER_LENGTH_AT], "little") :]
    stated = _stated(shp.with_suffix(".cpg"))
    candidates = sorted(
        ["utf-8", *stated], key=lambda name: name == "utf-8" or not _has_chinese(name)
    )
    return min([*candidates, "gb18030"], key=lambda encoding: _errors(text, encoding))


def stated_crs(shp: Path) -> str | None:
    """Return the text of the .prj that came with *shp*, a coordinate system in WKT, or None.

    GDAL, and so pyogrio, fails on names in GBK and on damaged texts; PROJ takes the one and says
    what is wrong with the other.
    """
    wkt = shp.with_suffix(PRJ_IS_KEPT_AS)
    if not wkt.exists():
        return None
    text = wkt.read_bytes()
    encoding = "gb18030" if _errors(text, "utf-8") else "utf-8-sig"
    return text.decode(encoding, "replace").strip() or None


def _stated(cpg: Path) -> list[str]:
    if not cpg.exists():
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
