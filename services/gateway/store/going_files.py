"""Files that nobody names, on their way out of the tables; and bytes that may have to go after them.

Rows are held in the order of their ids, so that no two who hold some wait for each other.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, or_, select, update

from services.gateway.domain.going_file import ASKED_AGAIN_AFTER, GOES_AFTER, AskedFile
from services.gateway.store.kept_files import hold_bytes
from services.gateway.store.tables import file_table, unneeded_bytes_table
from shared.runtime.upsert import adding_once
from shared.runtime.work import Work

_FILE = file_table.c


class SqlGoingFiles:
    """Kept files by who names them, through the work's connection."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def hold(self, file_ids: Sequence[str]) -> list[AskedFile]:
        """Return those that are still there, held until the transaction ends."""
        rows = _held(self._work.connection, file_ids)
        return [AskedFile(file_id=row.id, going_at=row.going_at) for row in rows]

    def stay(self, file_ids: Sequence[str], named_at: datetime) -> None:
        self._change(file_ids, named_at=named_at, going_at=None)

    def begin_to_go(self, file_ids: Sequence[str], since: datetime) -> None:
        self._change(file_ids, going_at=since)

    def forget(self, file_ids: Sequence[str]) -> None:
        """Delete rows that are held, and note whose bytes may be needed no longer."""
        connection, those = self._work.connection, _FILE.id.in_(file_ids)
        asked = select(_FILE.digest).where(those).distinct().order_by(_FILE.digest)
        digests = list(connection.scalars(asked))
        for digest in digests:
            hold_bytes(connection, digest)
        connection.execute(delete(file_table).where(those))
        noted = adding_once(connection.dialect.name, unneeded_bytes_table)
        connection.execute(noted, [{"digest": digest} for digest in digests])

    def settle_bytes(self, digest: str) -> None:
        """Note that bytes are gone, or are needed again."""
        settled = delete(unneeded_bytes_table).where(unneeded_bytes_table.c.digest == digest)
        self._work.connection.execute(settled)

    def _change(self, file_ids: Sequence[str], **values: Any) -> None:
        self._work.connection.execute(
            update(file_table).where(_FILE.id.in_(file_ids)).values(**values)
        )


def asked_for(connection: Connection, file_ids: Sequence[str]) -> set[str]:
    """Return those that are kept; one that was going stays, since somebody is about to name it."""
    kept = {row.id for row in _held(connection, file_ids)}
    connection.execute(update(file_table).where(_FILE.id.in_(kept)).values(going_at=None))
    return kept


def to_be_asked_about(
    connection: Connection, after: str, *, uploaded_before: datetime, now: datetime, at_most: int
) -> list[str]:
    """Return files by their ids, after *after*, of which it is time to ask who names them."""
    long_ago = or_(_FILE.named_at.is_(None), _FILE.named_at < now - ASKED_AGAIN_AFTER)
    is_due = or_(
        and_(_FILE.going_at.is_(None), long_ago, _FILE.uploaded_at < uploaded_before),
        _FILE.going_at <= now - GOES_AFTER,
    )
    some = select(_FILE.id).where(_FILE.id > after, is_due).order_by(_FILE.id).limit(at_most)
    return list(connection.scalars(some))


def unneeded_bytes(connection: Connection) -> list[str]:
    """Return the digests of bytes of which it is to be seen whether any file has them."""
    return list(connection.scalars(select(unneeded_bytes_table.c.digest)))


def _held(connection: Connection, file_ids: Sequence[str]) -> list[Any]:
    held = select(_FILE.id, _FILE.going_at).where(_FILE.id.in_(set(file_ids)))
    return list(connection.execute(held.order_by(_FILE.id).with_for_update()))
