"""A file somebody uploaded, as it is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shared.kernel.errors import Refusal

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "video/mp4": "mp4",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """What is known of a kept file. Its original name is not: names hold people's names."""

    file_id: str
    digest: str
    media_type: str
    size: int
    uploaded_at: datetime
    uploaded_by: str


@dataclass(eq=False, kw_only=True)
class NotSupported(Refusal):
    """The file is of no kind that is kept; said at the edge, it never crosses an RPC (415)."""

    kind: ClassVar[str] = "not_supported"


def not_supported() -> NotSupported:
    return NotSupported(
        code="file_kind",
        zh="只收 JPEG、PNG、WebP 图片，PDF 文档和 MP4 视频；以内容为准，不看文件名。",
        en="Only JPEG, PNG and WebP images, PDF documents and MP4 videos are kept; the content counts, not the name.",
    )


def broken(media_type: str) -> NotSupported:
    return NotSupported(
        code="file_broken",
        zh=f"文件看似 {media_type}，但已损坏或不完整；请重新导出后再上传。",
        en=f"The file looks like {media_type} but is broken or cut short; export it anew and upload it again.",
    )
