"""Images drawn anew: upright, with their pixels and colour profile and nothing else.

A phone writes where and when a photo was taken, and by which device, into EXIF, XMP and other
segments. Copying only what is wanted leaves nothing to forget; it also ends files that are an
image and something else at once.
"""

import io
import warnings
from typing import Any, BinaryIO

from PIL import Image, ImageOps

from services.gateway.domain.kept_file import NotSupported, broken

# About 150 MB in memory; a 48-megapixel phone photo passes.
MOST_PIXELS = 50_000_000
_MEDIA_TYPES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_QUALITY = 92


def looks_like_image(head: bytes) -> bool:
    """Tell whether the first bytes are those of a JPEG, PNG or WebP image."""
    return (
        head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
        or head[:4] == b"RIFF"
        and head[8:12] == b"WEBP"
    )


def stripped_image(upload: BinaryIO) -> tuple[str, BinaryIO]:
    """Return media type and bytes of the image without metadata; of several frames, the first.

    Raises:
        NotSupported: it cannot be drawn, or has too many pixels.
    """
    upload.seek(0)
    try:
        with warnings.catch_warnings():
            # Pillow warns of large images; the limit here is our own.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(upload, formats=("JPEG", "MPO", "PNG", "WEBP"))
        media_type = _MEDIA_TYPES[image.format or ""]
        if image.width * image.height > MOST_PIXELS:
            raise too_many_pixels()
        return media_type, _drawn_anew(image, media_type)
    except Image.DecompressionBombError:
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
    upright = ImageOps.exif_transpose(image)
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


def _jpeg_quality(image: Image.Image, upright: Image.Image) -> dict[str, Any]:
    """Keep the compression the photo came with, so that nothing is lost in evidence."""
    tables = getattr(image, "quantization", None)
    if tables and upright.mode == image.mode and image.mode in {"L", "RGB"}:
        return {"qtables": tables, "subsampling": _subsampling(image)}
    return {"quality": _QUALITY}


def _subsampling(image: Image.Image) -> int:
    from PIL.JpegImagePlugin import get_sampling

    sampling = get_sampling(image)  # type: ignore[arg-type]
    return sampling if sampling >= 0 else 0


def _transparency(image: Image.Image) -> dict[str, Any]:
    """A palette's transparent colour is part of the picture, though Pillow keeps it beside."""
    kept = image.info.get("transparency")
    return {} if kept is None else {"transparency": kept}
