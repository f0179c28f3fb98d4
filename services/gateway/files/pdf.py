"""PDF documents: kept as they come, unless opening one would run, send or unpack something.

The bytes are searched as they lie, and what is packed is unpacked first, so that it does not matter
which of its parts a reader would look at. No parser is asked: readers differ in what they forgive, and
an attacker chooses the reader.
"""

import re
import zlib
from collections.abc import Iterator
from io import SEEK_END
from typing import BinaryIO

from services.gateway.domain.kept_file import NotSupported, broken

MEDIA_TYPE = "application/pdf"
# Actions and attachments by their names (ISO 32000-2, 12.6.4, 7.11.4, 13.7.2). To turn to a page, or to
# follow a link somebody clicks, is not among them.
_ACTIVE = frozenset(
    b"JavaScript Launch EmbeddedFile EmbeddedFiles RichMedia SubmitForm ImportData Rendition"
    b" GoToE GoTo3DView XFA".split()
)
_ENCRYPTED = b"Encrypt"
# Shorter ones occur by chance in what is packed.
_SHORT = frozenset({b"XFA", b"GoToE"})
# Any character of a name may be written as # and two digits (7.3.5).
_NAME = re.compile(rb"/([A-Za-z0-9#]{3,60})")
_STREAM = re.compile(rb"(?<!end)stream[ \t]*(?:\r\n|\n|\r)")
_IMAGE = re.compile(rb"/\s*(Image|Width)\b")
_OBJECTS = re.compile(rb"/\s*ObjStm\b")
_DICTIONARY = 4096
_CHUNK = 1 << 20
_OVERLAP = 64
_MOST_UNPACKED = 256 << 20


def checked_pdf(upload: BinaryIO) -> BinaryIO:
    """Return the upload if it is whole and does nothing.

    Raises:
        NotSupported: it is cut short or followed by something else, encrypted, or holds active content.
    """
    upload.seek(0)
    content = upload.read()
    _check_end(content)
    for part, is_packed in _parts(content):
        _check_names(part, is_packed=is_packed)
    upload.seek(0, SEEK_END)
    return upload


def _check_end(content: bytes) -> None:
    """See that it ends as ISO 32000-2, 7.5.5 says, so that it is nothing else besides."""
    _, end, after = content.rpartition(b"%%EOF")
    if not end or after.strip(b"\0\t\n\f\r \x1a"):
        raise broken(MEDIA_TYPE)


def _parts(content: bytes) -> Iterator[tuple[bytes, bool]]:
    """Yield what lies between the streams, the streams, and what they unpack to, a piece at a time."""
    at, left = 0, _MOST_UNPACKED
    for begin in _STREAM.finditer(content):
        yield content[at : begin.start()], False
        before = _unescaped(content[max(at, begin.start() - _DICTIONARY) : begin.start()])
        for piece in _unpacked(memoryview(content)[begin.end() :], before):
            left -= len(piece)
            if left < 0:
                raise broken(MEDIA_TYPE)
            yield piece, False
        end = content.find(b"endstream", begin.end())
        at = len(content) if end < 0 else end
        yield content[begin.end() : at], True
    yield content[at:], False


def _unpacked(rest: memoryview, before: bytes) -> Iterator[bytes]:
    """Yield what a stream unpacks to, wherever it says it ends; *before* lies its dictionary.

    Pictures are let be. Objects that are packed as nobody packs them are refused.
    """
    has_objects = _OBJECTS.search(before) is not None
    if _IMAGE.search(before) and not has_objects:
        return
    unpacking, kept, at = zlib.decompressobj(), b"", 0
    try:
        while not unpacking.eof and (at < len(rest) or unpacking.unconsumed_tail):
            packed = unpacking.unconsumed_tail or rest[at : at + _CHUNK]
            at += 0 if unpacking.unconsumed_tail else _CHUNK
            piece = unpacking.decompress(packed, _CHUNK)
            yield kept + piece
            kept = piece[-_OVERLAP:]
    except zlib.error:
        if has_objects and not bytes(rest[:64]).strip()[:1].isdigit():
            raise broken(MEDIA_TYPE) from None


def _check_names(part: bytes, *, is_packed: bool) -> None:
    for found in _NAME.finditer(part):
        name = _unescaped(found[1])
        if name in _ACTIVE and not (is_packed and name in _SHORT):
            raise _active()
        if name == _ENCRYPTED and not is_packed:
            raise _encrypted()


def _unescaped(text: bytes) -> bytes:
    if b"#" not in text:
        return text
    return re.sub(rb"#([0-9A-Fa-f]{2})", lambda found: bytes.fromhex(found[1].decode()), text)


def _active() -> NotSupported:
    return NotSupported(
        code="file_active",
        zh="PDF 含脚本、附件或会自动执行的动作；请打印成不含这些内容的 PDF 后再上传。",
        en="The PDF holds scripts, attachments or actions that run by themselves; print it to a plain PDF and upload that.",
    )


def _encrypted() -> NotSupported:
    return NotSupported(
        code="file_encrypted",
        zh="PDF 已加密，无法检查；请去掉密码后再上传。",
        en="The PDF is encrypted and cannot be checked; take the password away and upload it again.",
    )
