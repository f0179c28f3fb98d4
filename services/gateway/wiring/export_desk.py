"""The desk at which exports are written down, and their files lie."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from services.gateway import queries
from services.gateway.domain.export import Export
from services.gateway.domain.export_columns import Row
from services.gateway.domain.not_signed_in import token_not_good
from services.gateway.domain.reason import Reason
from services.gateway.domain.service_client import MARK
from services.gateway.files.export_folder import ExportFolder
from services.gateway.files.export_process import WritingProcess
from services.gateway.store.access_tokens import Bearer
from services.gateway.store.export_files import SqlExportFiles
from services.gateway.wiring.proving import Proving
from shared.kernel.actor import PLATFORM, Actor
from shared.runtime import audit
from shared.runtime.call import Call
from shared.runtime.work import Work

ACTION = "export_incidents"
BEGUN, LOST = "begun", "lost"
# Whoever makes a file says so each second.
SILENT_FOR = timedelta(seconds=30)
# So many files lie at most for one account; an older one makes room.
MOST_KEPT = 5


class ExportDesk:
    """Every method waits for the database or the disk, so call it off the loop."""

    def __init__(self, proving: Proving, folder: Path) -> None:
        self._proving = proving
        self._database = proving.database
        self._folder = folder
        self._kept_for = timedelta(hours=proving.settings.export_kept_hours)

    def begin(self, export: Export, call: Call, *, in_a_file: bool) -> None:
        """Write into the trail that somebody exports; before it he gets nothing."""
        with self._proving.kept() as work:
            with work.begin():
                self._note(work, call, export, BEGUN, _asked(export), reason=export.reason)
            if in_a_file:
                self._add_file(work, export)

    def end(self, export: Export, call: Call, *, rows: int, outcome: str) -> None:
        """Write into the trail how an export ended, and how many rows left."""
        with self._proving.kept() as work, work.begin():
            self._note(work, call, export, outcome, {"count": rows})

    def actor_now(self, bearer: Bearer) -> Actor:
        """Return the bearer with the rights he has by now.

        Raises:
            NotSignedIn: his sign-in has ended, or his account is gone, disabled or locked.
        """
        now, account = self._proving.clock(), bearer.actor.account
        with self._database.reading() as connection:
            if account.startswith(MARK):
                holder = queries.client_holder(connection, account, now)
            else:
                holder = queries.holder_of(connection, bearer.family, now)
        if isinstance(holder, Reason):
            raise token_not_good()
        return holder.actor

    def add_rows(self, export: Export, rows: Sequence[Row]) -> None:
        self._of(export.export_id).add(rows)

    def beat(self, export: Export, done: int) -> bool:
        """Say that a file is still being made; False when nobody wants it any more."""
        with self._database.writing() as connection:
            return SqlExportFiles(connection).beat(export.export_id, done, self._proving.clock())

    def start_writing(self, export: Export) -> WritingProcess:
        return WritingProcess(self._of(export.export_id), export)

    def file_made(self, export: Export, call: Call, *, rows: int) -> None:
        """Keep the file that is there now."""
        size = self._of(export.export_id).file(export.form).stat().st_size
        kept_until = self._proving.clock() + self._kept_for
        with self._proving.kept() as work, work.begin():
            files = SqlExportFiles(work.connection)
            if files.ready(export.export_id, rows, size, kept_until):
                self._note(work, call, export, audit.DONE, {"count": rows})

    def file_failed(self, export: Export, call: Call, *, rows: int, reason: str) -> None:
        """Throw away what there is of a file, and keep why."""
        self._of(export.export_id).remove()
        with self._proving.kept() as work, work.begin():
            kept_until = self._proving.clock() + self._kept_for
            SqlExportFiles(work.connection).fail(export.export_id, reason, kept_until)
            self._note(work, call, export, reason, {"count": rows})

    def file(self, export_id: str, account: str) -> dict[str, Any] | None:
        """Return what is known of a file to who asked for it; of one whose maker is gone that it failed."""
        with self._database.reading() as connection:
            found = queries.export_file(connection, export_id, account)
        if found is not None and self._is_lost(found):
            self.sweep()
            found |= {"state": "failed", "reason": LOST}
        return None if found is None else found | {"rows": self._of(export_id).written()}

    def open(self, found: dict[str, Any]) -> BinaryIO:
        """Open a file; raises `FileNotFoundError`."""
        return self._of(found["id"]).file(found["form"]).open("rb")

    def note_fetched(self, found: dict[str, Any], call: Call) -> None:
        with self._proving.kept() as work:
            self._proving.note(work, call, "fetch_export", audit.READ, found["id"])

    def throw_away(self, export_id: str, call: Call | None = None) -> None:
        """Forget a file, ready or not; whoever makes it hears of it. *call* is who wants it so."""
        with self._proving.kept() as work, work.begin():
            SqlExportFiles(work.connection).remove(export_id)
            if call is not None:
                self._proving.note(work, call, "cancel_export", audit.DONE, export_id)
        self._of(export_id).remove()

    def sweep(self) -> None:
        """Throw away what is kept no longer, and what died with who made it."""
        # Looked for first: whoever begins one meanwhile enters it before he makes its folder.
        lying = list(self._folder.glob("*"))
        with self._proving.kept() as work, work.begin():
            files, now = SqlExportFiles(work.connection), self._proving.clock()
            for export_id in files.silent_since(now - SILENT_FOR):
                if files.fail(export_id, LOST, now + self._kept_for):
                    nobodys = Call(actor=PLATFORM)
                    self._proving.note(work, nobodys, ACTION, LOST, export_id)
                    self._of(export_id).remove()
            files.remove(*files.kept_until(now))
            known = files.known()
        for path in lying:
            if path.name not in known:
                ExportFolder(path).remove()

    def _add_file(self, work: Work, export: Export) -> None:
        files = SqlExportFiles(work.connection)
        for old in files.older_of(export.account, MOST_KEPT - 1):
            files.remove(old)
            self._of(old).remove()
        files.add(export, self._proving.clock())
        work.after_keep("folder", lambda: self._of(export.export_id).make(export))

    def _is_lost(self, found: dict[str, Any]) -> bool:
        is_silent: bool = found["beat_at"] < self._proving.clock() - SILENT_FOR
        return found["state"] == "running" and is_silent

    def _of(self, export_id: str) -> ExportFolder:
        return ExportFolder(self._folder / export_id)

    def _note(
        self,
        work: Work,
        call: Call,
        export: Export,
        outcome: str,
        shown: dict[str, Any],
        *,
        reason: str | None = None,
    ) -> None:
        audit.note(
            work,
            call,
            f"gateway.{ACTION}",
            about=export.export_id,
            outcome=outcome,
            reason=reason,
            shown=shown,
            algorithm=self._proving.settings.audit_digest,
        )


def _asked(export: Export) -> dict[str, Any]:
    return {
        "count": export.total,
        "form": export.form.value,
        "where": export.asked,
        "with_text": export.with_text,
    }
