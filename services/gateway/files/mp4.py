"""MP4 videos: their metadata boxes blanked in place, so that no offset in the file moves.

The boxes are those of ISO/IEC 14496-12: `udta` and `meta` hold place and device as Android and
Apple phones write them, `uuid` holds XMP. Each becomes a `free` box of the same length filled with
zeros, which players pass over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import SEEK_CUR, SEEK_END
from typing import BinaryIO

from services.gateway.domain.kept_file import broken

_BRANDS = {
    *(b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9"),
    *(b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash"),
}
_METADATA = {b"udta", b"meta", b"uuid"}
_CONTAINERS = {b"moov", b"trak", b"moof", b"traf", b"mdia", b"minf", b"stbl"}
# A box has a type of four printable characters.
_MOST_BOXES = 100_000
_ZEROS = bytes(1 << 16)


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    content: int
    end: int


def looks_like_mp4(head: bytes) -> bool:
    """Tell whether the first box declares a brand of MP4, and none of a still image or QuickTime."""
    if head[4:8] != b"ftyp":
        return False
    size = int.from_bytes(head[:4], "big")
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(size, len(head)), 4))]
    return head[8:12] not in {b"qt  ", b"heic", b"heix", b"mif1", b"avif", b"M4A "} and any(
        brand in _BRANDS for brand in brands
    )


def strip_mp4(file: BinaryIO) -> None:
    """Blank the metadata of the video in *file*.

    Raises:
        NotSupported: its boxes do not add up, or there is no film in it.
    """
    size = file.seek(0, SEEK_END)
    kinds = set()
    found = []
    for box in _boxes(file, 0, size):
        kinds.add(box.kind)
        if box.kind in _METADATA:
            found.append(box)
    if not kinds & {b"moov", b"moof"}:
        raise broken("video/mp4")
    for box in found:
        _blank(file, box)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    """Yield the boxes of a stretch of the file and those inside, outer before inner."""
    waiting = [(start, end)]
    for _ in range(_MOST_BOXES):
        if not waiting:
            return
        at, until = waiting.pop()
        box = _box_at(file, at, until)
        yield box
        if box.end < until:
            waiting.append((box.end, until))
        if box.kind in _CONTAINERS and box.content < box.end:
            waiting.append((box.content, box.end))
    raise broken("video/mp4")


def _box_at(file: BinaryIO, at: int, until: int) -> _Box:
    file.seek(at)
    header = file.read(8)
    size, kind = int.from_bytes(header[:4], "big"), header[4:]
    content = at + 8
    if size == 1:
        size, content = int.from_bytes(file.read(8), "big"), at + 16
    elif size == 0:
        size = until - at
    if len(kind) < 4 or at + size > until or at + size < content:
        raise broken("video/mp4")
    return _Box(kind, at, content, at + size)


def _blank(file: BinaryIO, box: _Box) -> None:
    file.seek(box.start + 4)
    file.write(b"free")
    file.seek(box.content - box.start - 8, SEEK_CUR)
    left = box.end - box.content
    while left:
        left -= file.write(_ZEROS[:left])
