"""Kept files: their rows, and their bytes among the blobs."""

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from sqlalchemy import Connection, exists, insert, select, text

from services.gateway.domain.kept_file import KeptFile
from services.gateway.store.tables import file_table
from shared.runtime.blobs import Blobs
from shared.runtime.work import Work

_CHUNK = 1 << 18
_HOLD = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.file.' || :digest))")


class SqlKeptFiles:
    """The rows of kept files, through the work's connection."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def hold(self, digest: str) -> None:
        hold_bytes(self._work.connection, digest)

    def has(self, digest: str) -> bool:
        """Tell whether any file consists of these bytes."""
        asked = select(exists().where(file_table.c.digest == digest))
        return bool(self._work.connection.scalar(asked))

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

    def has(self, digest: str) -> bool:
        return self._blobs.path(digest).exists()


def hold_bytes(connection: Connection, digest: str) -> None:
    """Wait until nobody else keeps, forgets or removes these bytes, and let others wait until the commit."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer
        connection.execute(_HOLD, {"digest": digest})


def chunks_of(content: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes from the beginning, a piece at a time."""
    content.seek(0)
    while chunk := content.read(_CHUNK):
        yield chunk
