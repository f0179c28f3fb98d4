"""Puts real adapters behind the register's use cases."""

from datetime import datetime, timedelta

from services.register.clients import GridClient
from services.register.store import boundaries
from services.register.store.imports import SqlImportStore, forget_imports
from services.register.store.records import SqlRecordStore
from services.register.store.relations import SqlRelationStore
from services.register.usecases.anonymise_records import AnonymiseRecords
from services.register.usecases.change_record import ChangeRecord
from services.register.usecases.check_rows import CheckRows
from services.register.usecases.end_record import EndRecord
from services.register.usecases.import_records import BeginImport, CancelImport, ConfirmImport
from services.register.usecases.merge_records import MergeRecords
from services.register.usecases.move_record import MoveRecord
from services.register.usecases.register_record import RegisterRecord
from services.register.usecases.relate_records import EndRelation, RelateRecords
from services.register.usecases.relocate_records import RelocateRecords
from services.register.usecases.set_attention import SetAttention
from services.register.usecases.write_rows import WriteRows
from shared.kernel.clock import Clock, china_now
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import Outbox
from shared.runtime.work import Work

AT_ONCE = 200
# An import nobody has touched for so long is given up, and one that is done need not be asked for any more.
IMPORTS_KEPT = timedelta(days=7)


def register_record(
    work: Work, outbox: Outbox, neighbours: Neighbours, *, clock: Clock = china_now
) -> RegisterRecord:
    return RegisterRecord(
        SqlRecordStore(work), SqlRelationStore(work), GridClient(neighbours), outbox, work, clock
    )


def change_record(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> ChangeRecord:
    return ChangeRecord(SqlRecordStore(work), outbox, work, clock)


def move_record(
    work: Work, outbox: Outbox, neighbours: Neighbours, *, clock: Clock = china_now
) -> MoveRecord:
    return MoveRecord(
        SqlRecordStore(work), SqlRelationStore(work), GridClient(neighbours), outbox, work, clock
    )


def end_record(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> EndRecord:
    return EndRecord(SqlRecordStore(work), SqlRelationStore(work), outbox, work, clock)


def merge_records(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> MergeRecords:
    return MergeRecords(SqlRecordStore(work), SqlRelationStore(work), outbox, work, clock)


def set_attention(work: Work, *, clock: Clock = china_now) -> SetAttention:
    return SetAttention(SqlRecordStore(work), work, clock)


def relate_records(work: Work, *, clock: Clock = china_now) -> RelateRecords:
    return RelateRecords(SqlRecordStore(work), SqlRelationStore(work), work, clock)


def end_relation(work: Work, *, clock: Clock = china_now) -> EndRelation:
    return EndRelation(SqlRecordStore(work), SqlRelationStore(work), work, clock)


def follow_boundary(work: Work, version: int, activated_at: datetime) -> None:
    """Keep which boundary is in force; records are located anew some at a time."""
    boundaries.follow(work.connection, version, activated_at)


def relocate_records(
    work: Work, outbox: Outbox, neighbours: Neighbours, *, clock: Clock = china_now
) -> int:
    """Locate anew all that another boundary placed, some in a transaction; return how many."""
    version = boundaries.in_force(work.connection)
    work.close()
    if version is None:
        return 0
    use_case = RelocateRecords(SqlRecordStore(work), GridClient(neighbours), outbox, work, clock)
    relocated = 0
    while some := use_case(version, at_most=AT_ONCE):
        work.keep()
        relocated += some
    work.close()
    return relocated


def anonymise_records(
    work: Work, outbox: Outbox, kept_for: timedelta, *, clock: Clock = china_now
) -> int:
    """Anonymise all that ended so long ago, some in a transaction; return how many."""
    use_case = AnonymiseRecords(SqlRecordStore(work), outbox, work, clock)
    anonymised = 0
    while some := use_case(kept_for, at_most=AT_ONCE):
        work.keep()
        anonymised += some
    work.close()
    return anonymised


def begin_import(work: Work, *, clock: Clock = china_now) -> BeginImport:
    return BeginImport(SqlImportStore(work), work, clock)


def check_rows(work: Work, neighbours: Neighbours, *, clock: Clock = china_now) -> CheckRows:
    return CheckRows(
        SqlRecordStore(work), SqlImportStore(work), GridClient(neighbours), work, clock
    )


def confirm_import(work: Work, *, clock: Clock = china_now) -> ConfirmImport:
    return ConfirmImport(SqlImportStore(work), work, clock)


def cancel_import(work: Work, *, clock: Clock = china_now) -> CancelImport:
    return CancelImport(SqlImportStore(work), work, clock)


def write_rows(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> int:
    """Write all that was confirmed, some rows in a transaction; return how many."""
    use_case = WriteRows(
        SqlRecordStore(work), SqlRelationStore(work), SqlImportStore(work), outbox, work, clock
    )
    written = 0
    while some := use_case(at_most=AT_ONCE):
        work.keep()
        written += some
    work.close()
    return written


def forget_old_imports(work: Work, *, clock: Clock = china_now) -> int:
    """Delete imports that nobody confirmed, and those that were done long ago; return how many."""
    with work.begin():
        gone = forget_imports(work.connection, clock() - IMPORTS_KEPT)
    work.keep()
    return gone
