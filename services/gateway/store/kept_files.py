"""Kept files: their rows, and their bytes among the blobs."""

from collections.abc import Iterator
from typing import BinaryIO

from sqlalchemy import insert

from services.gateway.domain.kept_file import KeptFile
from services.gateway.store.tables import file_table
from shared.runtime.blobs import Blobs
from shared.runtime.work import Work

_CHUNK = 1 << 18


class SqlKeptFiles:
    """The rows of kept files, through the work's session."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, file: KeptFile) -> None:
        self._work.session.execute(
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
    """The bytes of kept files."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def put(self, content: BinaryIO) -> str:
        return self._blobs.put(chunks_of(content))


def chunks_of(content: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes from the beginning, a piece at a time."""
    content.seek(0)
    while chunk := content.read(_CHUNK):
        yield chunk
