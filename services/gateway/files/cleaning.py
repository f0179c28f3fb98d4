"""Finds out what an upload is from its content, and has the right room clean it."""

from collections.abc import Callable
from io import SEEK_END
from typing import Any, BinaryIO

from services.gateway.domain.kept_file import not_supported
from services.gateway.files.images import looks_like_image, stripped_image
from services.gateway.files.mp4 import looks_like_mp4, strip_mp4
from services.gateway.files.pdf import checked_pdf
from services.gateway.ports import Cleaned

# The computing is handed out: the caller knows how not to block its loop with it.
Compute = Callable[[Callable[[], Any]], Any]

_HEAD = 4096


class ContentCleaner:
    """Knows JPEG, PNG, WebP, PDF and MP4 by their content.

    Images are drawn anew and keep nothing but their pixels and colour profile. In an MP4 whatever
    does not serve to play it is blanked; what a camera wrote into a track of its own (such as a
    sports camera's telemetry) stays. A PDF is kept as it came, with its author and title, or refused.
    """

    def __init__(self, compute: Compute = lambda work: work()) -> None:
        self._compute = compute

    def cleaned(self, upload: BinaryIO) -> Cleaned:
        """Return the upload without its metadata; the upload itself may be changed on the way.

        Raises:
            NotSupported: it is none of these, or it is broken.
        """
        cleaned: Cleaned = self._compute(lambda: _cleaned(upload))
        return cleaned


def _cleaned(upload: BinaryIO) -> Cleaned:
    upload.seek(0)
    head = upload.read(_HEAD)
    if looks_like_image(head):
        media_type, content = stripped_image(upload)
    elif head.startswith(b"%PDF-"):
        media_type, content = "application/pdf", checked_pdf(upload)
    elif looks_like_mp4(head):
        strip_mp4(upload)
        media_type, content = "video/mp4", upload
    else:
        raise not_supported()
    return Cleaned(media_type=media_type, content=content, size=content.seek(0, SEEK_END))
