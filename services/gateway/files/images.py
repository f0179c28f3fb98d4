"""Images drawn anew: upright, with their pixels and colour profile and nothing else.

A phone writes where and when a photo was taken, and by which device, into EXIF, XMP and other
segments. Copying only what is wanted leaves nothing to forget; it also ends files that are an
image and something else at once.
"""

import io
from typing import Any, BinaryIO

from PIL import Image, ImageOps
from PIL.JpegImagePlugin import get_sampling

from services.gateway.domain.kept_file import NotSupported, broken

# About 150 MB in memory; a 48-megapixel phone photo passes.
MOST_PIXELS = 50_000_000
_MEDIA_TYPES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_QUALITY = 92


def looks_like_image(head: bytes) -> bool:
    """Tell whether the first bytes are those of a JPEG, PNG or WebP image."""
    return head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (
        head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    )


def stripped_image(upload: BinaryIO) -> tuple[str, BinaryIO]:
    """Return media type and bytes of the image without metadata; of several frames, the first.

    Raises:
        NotSupported: it cannot be drawn, or has too many pixels.
    """
    upload.seek(0)
    try:
        image = Image.open(upload, formats=("JPEG", "PNG", "WEBP"))
        media_type = _MEDIA_TYPES[image.format or ""]
        if image.width * image.height > MOST_PIXELS:
            raise too_many_pixels()
        return media_type, _drawn_anew(image, media_type)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_many_pixels() from None
    except NotSupported:
        raise
    except Exception:
        # Pillow's decoders raise whatever they trip over: OSError, SyntaxError, struct.error, …
        raise broken("image") from None


def too_many_pixels() -> NotSupported:
    return NotSupported(
        code="image_too_large",
        zh=f"图片超过 {MOST_PIXELS // 1_000_000} 百万像素；请缩小后再上传。",
        en=f"The image has more than {MOST_PIXELS // 1_000_000} million pixels; make it smaller and upload it again.",
    )


def _drawn_anew(image: Image.Image, media_type: str) -> BinaryIO:
    image.load()
    profile = image.info.get("icc_profile")
    upright = _upright(image)
    upright.info = {}
    clean = io.BytesIO()
    if media_type == "image/jpeg":
        upright.save(clean, "JPEG", icc_profile=profile, **_jpeg_quality(image, upright))
    elif media_type == "image/png":
        upright.info = _transparency(image)
        upright.save(clean, "PNG", icc_profile=profile)
    else:
        upright.save(clean, "WEBP", icc_profile=profile, quality=_QUALITY, exact=True)
    return clean


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        # Damaged EXIF says nothing about which way is up; the picture itself is sound.
        return image.copy()


def _jpeg_quality(image: Image.Image, upright: Image.Image) -> dict[str, Any]:
    """Keep the compression the photo came with, so that evidence loses nothing."""
    tables: dict[int, list[int]] = getattr(image, "quantization", {})
    plain = image.mode in {"L", "RGB"} and upright.mode == image.mode
    if not plain or not tables or max(map(max, tables.values())) > 255:
        return {"quality": _QUALITY}
    return {"qtables": tables, "subsampling": max(0, get_sampling(image))}


def _transparency(image: Image.Image) -> dict[str | tuple[int, int], Any]:
    # A palette's transparent colour is part of the picture, though Pillow keeps it beside.
    kept = image.info.get("transparency")
    return {} if kept is None else {"transparency": kept}
