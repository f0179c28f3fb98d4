"""Uploads as phones and cameras make them, with a secret wherever one can hide."""

import io
from typing import Any

from PIL import ExifTags, Image, PngImagePlugin

SECRET = b"SECRET-31.0519N"
_TEXT = SECRET.decode()


def a_picture(
    kind: str = "JPEG",
    *,
    mode: str = "RGB",
    size: tuple[int, int] = (40, 20),
    orientation: int = 1,
    **options: Any,
) -> bytes:
    """Return a picture whose left half is red, with EXIF, GPS, XMP and comments that tell too much."""
    picture = Image.new(mode, size, "red" if mode in {"RGB", "RGBA"} else 76)
    picture.paste("blue" if mode in {"RGB", "RGBA"} else 29, (size[0] // 2, 0, *size))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.ImageDescription] = _TEXT
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSAreaInformation] = SECRET
    if kind == "JPEG":
        options |= {"comment": SECRET, "xmp": b"<x:xmpmeta>" + SECRET, "quality": 95}
    elif kind == "WEBP":
        options |= {"xmp": b"<x:xmpmeta>" + SECRET}
    elif kind == "PNG":
        told = PngImagePlugin.PngInfo()
        told.add_text("Author", _TEXT)
        told.add_itxt("XML:com.adobe.xmp", _TEXT)
        options |= {"pnginfo": told}
    kept = io.BytesIO()
    picture.save(kept, kind, exif=exif, **options)
    return kept.getvalue()


def box(kind: bytes, *content: bytes, wide: bool = False) -> bytes:
    """Return an MP4 box."""
    inside = b"".join(content)
    if wide:
        return (1).to_bytes(4, "big") + kind + (len(inside) + 16).to_bytes(8, "big") + inside
    return (len(inside) + 8).to_bytes(4, "big") + kind + inside


def a_video(*, brand: bytes = b"isom", extra: bytes = b"") -> bytes:
    """Return the boxes of a short film, with secrets in every box that may hold one."""
    track = box(
        b"trak",
        box(b"tkhd", bytes(84)),
        box(
            b"mdia", box(b"mdhd", bytes(24)), box(b"minf", box(b"stbl", box(b"stco", b"offsets!")))
        ),
        box(b"udta", SECRET),
        box(b"meta", bytes(4), SECRET),
    )
    return b"".join(
        [
            box(b"ftyp", brand, bytes(4), b"isommp42"),
            box(b"uuid", bytes(16), SECRET),
            box(b"free", SECRET),
            box(
                b"moov",
                box(b"mvhd", bytes(100)),
                track,
                box(b"udta", box(b"\xa9xyz", SECRET)),
                box(b"meta", bytes(4), SECRET),
                box(b"gps ", SECRET),
            ),
            box(b"mdat", b"the pictures themselves", wide=True),
            extra,
        ]
    )


A_PDF = (
    b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< >>\n%%EOF\n"
)
