"""The rows of files that exports make; what is asked about one is a single statement, so that no two copies act on it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from services.gateway.domain.export import Export, ExportState
from services.gateway.store.tables import export_file_table

_FILE = export_file_table.c


class SqlExportFiles:
    """Files of exports, through a connection that may write."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, export: Export, now: datetime) -> None:
        self._connection.execute(
            insert(export_file_table).values(
                id=export.export_id,
                account=export.account,
                form=export.form,
                file_name=export.file_name,
                state=ExportState.RUNNING,
                total=export.total,
                done=0,
                begun_at=now,
                beat_at=now,
            )
        )

    def beat(self, export_id: str, done: int, now: datetime) -> bool:
        """Say that the file is still being made; False when nobody wants it any more."""
        return self._change(export_id, done=done, beat_at=now)

    def ready(self, export_id: str, rows: int, size: int, kept_until: datetime) -> bool:
        """Say that the file is there; False when nobody wants it any more."""
        return self._change(
            export_id, state=ExportState.READY, done=rows, size=size, kept_until=kept_until
        )

    def fail(self, export_id: str, reason: str, kept_until: datetime) -> bool:
        """Say that there will be no file; False when that is known, or nobody wants it."""
        return self._change(
            export_id, state=ExportState.FAILED, reason=reason, kept_until=kept_until
        )

    def _change(self, export_id: str, **values: Any) -> bool:
        changing = update(export_file_table).where(
            _FILE.id == export_id, _FILE.state == ExportState.RUNNING
        )
        return self._connection.execute(changing.values(**values)).rowcount == 1

    def remove(self, *export_ids: str) -> None:
        gone = delete(export_file_table).where(_FILE.id.in_(export_ids))
        self._connection.execute(gone)

    def silent_since(self, moment: datetime) -> list[str]:
        """Return the files that are said to be made, by nobody."""
        return self._ids(_FILE.state == ExportState.RUNNING, _FILE.beat_at < moment)

    def kept_until(self, now: datetime) -> list[str]:
        """Return the files that are kept no longer."""
        return self._ids(_FILE.kept_until <= now)

    def known(self) -> set[str]:
        return set(self._ids())

    def older_of(self, account: str, most: int) -> list[str]:
        """Return the finished files of an account but its newest."""
        asked = (
            select(_FILE.id)
            .where(_FILE.account == account, _FILE.state != ExportState.RUNNING)
            .order_by(_FILE.id.desc())
            .offset(most)
        )
        return list(self._connection.scalars(asked))

    def _ids(self, *where: Any) -> list[str]:
        return list(self._connection.scalars(select(_FILE.id).where(*where)))
