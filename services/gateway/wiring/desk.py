"""The desk at which files are left and asked for."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any, BinaryIO

from pydantic_core import to_jsonable_python
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from services.gateway import queries
from services.gateway.files.cleaning import ContentCleaner
from services.gateway.files.table_reading import ReadTable, read_table
from services.gateway.store.going_files import asked_for
from services.gateway.store.kept_files import FileBlobs, SqlKeptFiles
from services.gateway.usecases.keep_file import KeepFile
from services.gateway.wiring.proving import Compute, at_once
from shared.kernel.clock import Clock, china_now
from shared.runtime.blobs import Blobs
from shared.runtime.call import Call, CommandKey
from shared.runtime.database import ServiceDatabase
from shared.runtime.database_errors import database_busy
from shared.runtime.work import AnsweredBefore, Work


class Desk:
    """Keeps what people upload; every method waits for the database, so call it off the loop."""

    def __init__(
        self,
        database: ServiceDatabase,
        blobs: Blobs,
        *,
        compute: Compute = at_once,
        clock: Clock = china_now,
    ) -> None:
        self._database = database
        self._clock = clock
        self._blobs = blobs
        self._compute = compute

    def keep_file(self, upload: BinaryIO, call: Call) -> dict[str, Any]:
        """Keep an upload once for each idempotency key; raises `NotSupported` or `Invalid`."""
        try:
            return self._kept(upload, call, call.command)
        except AnsweredBefore as before:
            answer: dict[str, Any] = before.answer
        if self.file_row(answer["id"]) is not None:
            return answer
        # Nobody named it for so long that it was forgotten; who sends it again is about to.
        return self._kept(upload, call, None)

    def _kept(self, upload: BinaryIO, call: Call, command: CommandKey | None) -> dict[str, Any]:
        with closing(Work(self._database, command)) as work:
            work.raise_if_answered()
            # Cleaning takes long; nothing shall be held open meanwhile.
            work.close()
            answer = self._keep_file(work, upload, call)
            work.keep(answer)
        return answer

    def _keep_file(self, work: Work, upload: BinaryIO, call: Call) -> dict[str, Any]:
        cleaner = ContentCleaner(self._compute)
        blobs = FileBlobs(self._blobs, self._compute)
        use_case = KeepFile(cleaner, blobs, SqlKeptFiles(work), work, self._clock)
        kept = use_case(upload, actor=call.actor)
        shown: dict[str, Any] = to_jsonable_python(
            {
                "id": kept.file_id,
                "sha256": kept.digest,
                "media_type": kept.media_type,
                "size": kept.size,
                "uploaded_at": kept.uploaded_at,
            }
        )
        return shown

    def keep_blob(self, content: BinaryIO) -> str:
        """Keep bytes for another service to read; return the name of the blob."""
        return FileBlobs(self._blobs, self._compute).put(content)

    def read_table(self, content: BinaryIO) -> ReadTable:
        """Return the table in an upload, which is kept nowhere; raises `NotSupported` or `Invalid`."""
        table: ReadTable = self._compute(lambda: read_table(content))
        return table

    def file_row(self, file_id: str) -> dict[str, Any] | None:
        with self._database.reading() as connection:
            return queries.file_row(connection, file_id)

    def unknown_files(self, file_ids: Sequence[str]) -> list[str]:
        """Return those of the ids under which no file is kept; what was going stays for who asks."""
        with self._database.reading() as connection:
            known = queries.known_files(connection, file_ids)
        kept = {file_id for file_id, is_going in known.items() if not is_going}
        if going := known.keys() - kept:
            with self._database.writing() as connection:
                kept |= asked_for(connection, sorted(going))
        return [file_id for file_id in file_ids if file_id not in kept]

    def ready(self) -> None:
        """Return when the database answers; raises `Unavailable` when it does not."""
        try:
            with self._database.reading() as connection:
                connection.execute(select(1))
        except SQLAlchemyError:
            raise database_busy() from None
