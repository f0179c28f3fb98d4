"""MP4 videos: whatever does not serve to play them is blanked in place, so that no offset moves.

Phones write place and device into `udta` and `meta`, dashcams into boxes of their own making, and
XMP lies in `uuid`. So only the boxes that ISO/IEC 14496-12 needs for playing are let through; each
other becomes a `free` box of the same length filled with zeros, which players pass over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import SEEK_END
from typing import BinaryIO

from services.gateway.domain.kept_file import broken

_BRANDS = frozenset(
    b"isom iso2 iso3 iso4 iso5 iso6 iso7 iso8 iso9 mp41 mp42 avc1 MSNV dash".split()
) | {b"M4V "}
_OTHER_KINDS = frozenset(b"heic heix hevc mif1 msf1 avif avis".split()) | {
    b"qt  ",
    b"M4A ",
    b"M4B ",
}

# What a box may hold; a box not named on the left is not looked into.
_INSIDE = {
    b"": b"ftyp styp moov moof mdat sidx ssix mfra prft",
    b"moov": b"mvhd trak mvex iods",
    b"trak": b"tkhd edts mdia tref trgr",
    b"mdia": b"mdhd hdlr minf elng",
    b"minf": b"vmhd smhd hmhd nmhd sthd dinf stbl",
    b"stbl": b"stsd stts ctts cslg stsc stsz stz2 stco co64 stss stsh sdtp sbgp sgpd subs saiz saio",
    b"moof": b"mfhd traf",
    b"traf": b"tfhd tfdt trun sdtp sbgp sgpd subs saiz saio senc",
}
_ALLOWED = {outer: frozenset(inner.split()) for outer, inner in _INSIDE.items()}
_MOST_BOXES = 100_000
_ZEROS = bytes(1 << 16)


@dataclass(frozen=True, slots=True)
class _Box:
    outer: bytes
    kind: bytes
    start: int
    content: int
    end: int


def looks_like_mp4(head: bytes) -> bool:
    """Tell whether the first box declares a brand of MP4, and none of a picture, sound or QuickTime."""
    if head[4:8] != b"ftyp":
        return False
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, size, 4))}
    return head[8:12] not in _OTHER_KINDS and not brands.isdisjoint(_BRANDS)


def strip_mp4(file: BinaryIO) -> None:
    """Blank what does not serve to play the video in *file*.

    Raises:
        NotSupported: its boxes do not add up, or there is no film in it.
    """
    boxes = list(_boxes(file, file.seek(0, SEEK_END)))
    if {box.kind for box in boxes}.isdisjoint({b"moov", b"moof"}):
        raise broken("video/mp4")
    for box in boxes:
        if box.kind not in _ALLOWED[box.outer]:
            _blank(file, box)


def _boxes(file: BinaryIO, size: int) -> Iterator[_Box]:
    """Yield the boxes of the file and those inside the ones that are looked into."""
    stretches = [(b"", 0, size)]
    for _ in range(_MOST_BOXES):
        if not stretches:
            return
        outer, start, end = stretches.pop()
        box = _box_at(file, outer, start, end)
        yield box
        if box.end < end:
            stretches.append((outer, box.end, end))
        if box.kind in _ALLOWED and box.kind in _ALLOWED[outer] and box.content < box.end:
            stretches.append((box.kind, box.content, box.end))
    raise broken("video/mp4")


def _box_at(file: BinaryIO, outer: bytes, start: int, end: int) -> _Box:
    file.seek(start)
    header = file.read(8)
    size, kind, content = int.from_bytes(header[:4], "big"), header[4:], start + 8
    if size == 1:
        size, content = int.from_bytes(file.read(8), "big"), start + 16
    elif size == 0:
        size = end - start
    if not content <= start + size <= end:
        raise broken("video/mp4")
    return _Box(outer, kind, start, content, start + size)


def _blank(file: BinaryIO, box: _Box) -> None:
    file.seek(box.start + 4)
    file.write(b"free")
    file.seek(box.content)
    left = box.end - box.content
    while left:
        left -= file.write(_ZEROS[:left])
