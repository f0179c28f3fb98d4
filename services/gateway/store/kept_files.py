"""Kept files: their rows, and their bytes among the blobs."""

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from sqlalchemy import insert

from services.gateway.domain.kept_file import KeptFile
from services.gateway.store.tables import file_table
from shared.runtime.blobs import Blobs
from shared.runtime.work import Work

_CHUNK = 1 << 18


class SqlKeptFiles:
    """The rows of kept files, through the work's connection."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, file: KeptFile) -> None:
        self._work.connection.execute(
            insert(file_table).values(
                id=file.file_id,
                digest=file.digest,
                media_type=file.media_type,
                size=file.size,
                uploaded_at=file.uploaded_at,
                uploaded_by=file.uploaded_by,
            )
        )


class FileBlobs:
    """The bytes of kept files; writing them waits for the disk, and is handed out like computing."""

    def __init__(self, blobs: Blobs, compute: Callable[[Callable[[], Any]], Any]) -> None:
        self._blobs = blobs
        self._compute = compute

    def put(self, content: BinaryIO) -> str:
        digest: str = self._compute(lambda: self._blobs.put(chunks_of(content)))
        return digest


def chunks_of(content: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes from the beginning, a piece at a time."""
    content.seek(0)
    while chunk := content.read(_CHUNK):
        yield chunk
