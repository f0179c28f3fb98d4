"""The doors of the register: what may be asked of it."""

from datetime import timedelta
from typing import Any

import structlog

from services.register import wiring
from services.register.domain.imported import no_such_import
from services.register.domain.kinds import KINDS
from services.register.domain.refusals import no_such_record
from services.register.queries import counts, fenced, imports, records
from shared.contracts.grid import BoundaryActivated
from shared.contracts.register import (
    AttentionOrder,
    AttentionQuestion,
    ChangeOrder,
    EndOrder,
    FindQuestion,
    ImportOrder,
    ImportRows,
    MergeOrder,
    MoveOrder,
    RecordFilter,
    RecordOrder,
    RegisterQuestion,
    RelationOrder,
)
from shared.kernel.clock import china_now
from shared.kernel.rights import Permission
from shared.runtime.doors import HOUR_S, MINUTE_S, Doors, command, every, on_event, rpc
from shared.runtime.inbox import Delivery

log = structlog.get_logger()

WRITE_ROUND_S = 5


class RegisterService(Doors):
    name = "register"

    @command(Permission.REGISTER_CHANGE)
    def register_record(self, order: RecordOrder) -> dict[str, Any]:
        """Enter a record and return it."""
        use_case = wiring.register_record(self.work, self.outbox, self.neighbours)
        return self._shown(use_case(order, actor=self.call.actor).record_id)

    @command(Permission.REGISTER_CHANGE)
    def change_record(self, record_id: str, order: ChangeOrder) -> dict[str, Any]:
        """Let a record say something else, and return it."""
        use_case = wiring.change_record(self.work, self.outbox)
        return self._shown(use_case(record_id, order, actor=self.call.actor).record_id)

    @command(Permission.REGISTER_CHANGE)
    def move_record(self, record_id: str, order: MoveOrder) -> dict[str, Any]:
        """Put a record elsewhere; return it, or no more than where it went."""
        use_case = wiring.move_record(self.work, self.outbox, self.neighbours)
        moved = use_case(record_id, order, actor=self.call.actor)
        self.serving.about = record_id
        shown = records.find_record(self.work.connection, record_id, self.call.actor)
        return shown or {"id": record_id, "version": moved.version, "place": moved.place}

    @command(Permission.REGISTER_CHANGE)
    def end_record(self, record_id: str, order: EndOrder) -> dict[str, Any]:
        """Let a record end, and return it."""
        use_case = wiring.end_record(self.work, self.outbox)
        return self._shown(use_case(record_id, order, actor=self.call.actor).record_id)

    @command(Permission.REGISTER_CHANGE)
    def merge_records(self, record_id: str, order: MergeOrder) -> dict[str, Any]:
        """Let another record stand for this one too, and return that one."""
        use_case = wiring.merge_records(self.work, self.outbox)
        return self._shown(use_case(record_id, order, actor=self.call.actor).record_id)

    @command(Permission.REGISTER_CHANGE)
    def relate_records(self, order: RelationOrder) -> dict[str, Any]:
        """Enter how one record stands to another."""
        related = wiring.relate_records(self.work)(order, actor=self.call.actor)
        self.serving.about = related.to_id
        return records.find_relation(self.work.connection, related.relation_id) or {}

    @command(Permission.REGISTER_CHANGE)
    def end_relation(self, relation_id: str) -> dict[str, Any]:
        """Let a relation end today."""
        ended = wiring.end_relation(self.work)(relation_id, actor=self.call.actor)
        self.serving.about = ended.to_id
        return records.find_relation(self.work.connection, relation_id) or {}

    @command(Permission.REGISTER_FENCED)
    def set_attention(self, record_id: str, order: AttentionOrder) -> dict[str, Any]:
        """Replace what a person is looked after for, and return it."""
        self.serving.reason = order.reason
        wiring.set_attention(self.work)(record_id, order, actor=self.call.actor)
        self.serving.about = record_id
        return self._fenced(record_id)

    @rpc(Permission.REGISTER_READ)
    def record(self, record_id: str) -> dict[str, Any]:
        """Return one record, masked, with its relations and its history."""
        return self._shown(record_id)

    @rpc(Permission.REGISTER_READ)
    def records(
        self, where: RecordFilter, limit: int = 50, cursor: str | None = None
    ) -> dict[str, Any]:
        """Return a page of records of one kind, masked, newest first."""
        return records.find_records(
            self.work.connection, where, self.call.actor, limit=limit, cursor=cursor
        )

    @rpc(Permission.REGISTER_PERSONAL)
    def personal(self, record_id: str, asked: RegisterQuestion) -> dict[str, Any]:
        """Return what is personal in a record in clear; who asked and why is on record before."""
        found = fenced.in_clear(
            self.work.connection, record_id, self.call.actor, china_now().date()
        )
        if found is None:
            raise no_such_record()
        self.read_sensitive([record_id], why=asked.reason)
        return found

    @rpc(Permission.REGISTER_FENCED)
    def fenced(self, record_id: str, asked: RegisterQuestion) -> dict[str, Any]:
        """Return what a person is looked after for; who asked and why is on record before."""
        found = self._fenced(record_id)
        self.read_sensitive([record_id], why=asked.reason)
        return found

    @rpc(Permission.REGISTER_FENCED)
    def looked_after(self, asked: AttentionQuestion) -> dict[str, Any]:
        """Return a page of the people who are looked after for something; this too is on record."""
        page = fenced.looked_after(self.work.connection, asked, self.call.actor)
        self.read_sensitive([item["id"] for item in page["items"]], why=asked.reason)
        return page

    @rpc(Permission.REGISTER_PERSONAL)
    def records_by_number(self, asked: FindQuestion) -> dict[str, Any]:
        """Return a page of the records of one exact number, masked; this too is on record."""
        page = records.find_by_number(
            self.work.connection, self.work.database.sealer, asked, self.call.actor
        )
        self.read_sensitive([item["id"] for item in page["items"]], why=asked.reason)
        return page

    @rpc(Permission.REGISTER_CHANGE)
    def doubles(self, record_id: str) -> list[dict[str, Any]]:
        """Return the records of the same exact number, to be merged."""
        found = records.doubles_of(
            self.work.connection, self.work.database.sealer, record_id, self.call.actor
        )
        if found is None:
            raise no_such_record()
        return found

    @rpc(Permission.REGISTER_READ)
    def kinds(self) -> list[dict[str, Any]]:
        """Return what each kind of record needs and may say, with the words of its type."""
        return [
            {
                "kind": kind,
                "zh": rule.zh,
                "needs": sorted(rule.needs),
                "may": sorted(rule.knows - rule.needs),
                "types": [{"type": word, "zh": zh} for word, zh in rule.types.items()],
            }
            for kind, rule in KINDS.items()
        ]

    @rpc(Permission.BOARD_READ, Permission.SERVICE_RECORDS)
    def counts(
        self, place: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> dict[str, Any]:
        """Return how many records of each kind each cell has; never of whom."""
        return counts.counts_by_cell(
            self.work.connection, place, self.call.actor, limit=limit, cursor=cursor
        )

    @command(Permission.REGISTER_IMPORT)
    def begin_import(self, order: ImportOrder) -> dict[str, Any]:
        """Begin to receive a file of records, and return how far it is."""
        begun = wiring.begin_import(self.work)(order, actor=self.call.actor)
        return self._import(begun.import_id)

    @command(Permission.REGISTER_IMPORT)
    def add_import_rows(self, import_id: str, sent: ImportRows) -> dict[str, Any]:
        """Look at some rows of a file that is received, and return how far it is."""
        use_case = wiring.check_rows(self.work, self.neighbours)
        return self._import(use_case(import_id, sent, actor=self.call.actor).import_id)

    @command(Permission.REGISTER_IMPORT)
    def confirm_import(self, import_id: str) -> dict[str, Any]:
        """Let the rows of a checked file be written, and return how far it is."""
        confirmed = wiring.confirm_import(self.work)(import_id, actor=self.call.actor)
        return self._import(confirmed.import_id)

    @command(Permission.REGISTER_IMPORT)
    def cancel_import(self, import_id: str) -> dict[str, Any]:
        """Give a file up that was not confirmed."""
        cancelled = wiring.cancel_import(self.work)(import_id, actor=self.call.actor)
        return self._import(cancelled.import_id)

    @rpc(Permission.REGISTER_IMPORT)
    def record_import(self, import_id: str) -> dict[str, Any]:
        """Return how far an import is."""
        return self._import(import_id)

    @rpc(Permission.REGISTER_IMPORT)
    def wrong_rows(
        self, import_id: str, limit: int = 50, cursor: str | None = None
    ) -> dict[str, Any]:
        """Return a page of the rows of an import that will not do, with all that is wrong with each."""
        self._import(import_id)
        return imports.wrong_rows(self.work.connection, import_id, limit=limit, cursor=cursor)

    @on_event(BoundaryActivated)
    def follow_boundary(self, told: BoundaryActivated, delivery: Delivery) -> None:
        """Keep which boundary is in force, to locate anew what another one placed."""
        wiring.follow_boundary(self.work, told.version, told.activated_at)

    @every(MINUTE_S)
    def relocate_records(self) -> None:
        """Locate anew what another boundary than the one in force placed."""
        if relocated := wiring.relocate_records(self.work, self.outbox, self.neighbours):
            log.info("records_relocated", service=self.name, count=relocated)

    @every(WRITE_ROUND_S)
    def write_imports(self) -> None:
        """Write the rows of imports that were confirmed."""
        if written := wiring.write_rows(self.work, self.outbox):
            log.info("import_rows_written", service=self.name, count=written)

    @every(HOUR_S)
    def forget_imports(self) -> None:
        """Delete imports that nobody confirmed, and those that were done long ago."""
        if gone := wiring.forget_old_imports(self.work):
            log.info("imports_forgotten", service=self.name, count=gone)

    @every(HOUR_S)
    def forget_people(self) -> None:
        """Forget who left or died long ago."""
        kept = timedelta(days=self.settings.register_kept_days)
        if kept and (anonymised := wiring.anonymise_records(self.work, self.outbox, kept)):
            log.info("records_anonymised", service=self.name, count=anonymised)

    def _shown(self, record_id: str) -> dict[str, Any]:
        found = records.find_record(self.work.connection, record_id, self.call.actor)
        if found is None:
            raise no_such_record()
        self.serving.about = record_id
        return found

    def _import(self, import_id: str) -> dict[str, Any]:
        found = imports.find_import(self.work.connection, import_id, self.call.actor)
        if found is None:
            raise no_such_import()
        self.serving.about = import_id
        return found

    def _fenced(self, record_id: str) -> dict[str, Any]:
        found = fenced.fenced_of(self.work.connection, record_id, self.call.actor)
        if found is None:
            raise no_such_record()
        return found
