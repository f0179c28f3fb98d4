"""What is kept about a person, told and put right at his request (PIPL, articles 45 and 46)."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from services.register.domain.record import Record
from services.register.ports import Doing
from services.register.store.records import SqlRecordStore
from services.register.store.rows import record_of
from services.register.store.tables import record, record_table
from shared.kernel.personal_data import IdNumber, PersonName, Phone, plain
from shared.runtime.blind_index import is_same
from shared.runtime.sealing import Sealer
from shared.runtime.work import Work


def records_under(connection: Connection, sealer: Sealer, number: Phone | IdNumber) -> list[Record]:
    """Return every record of a telephone or identity number, those that have ended too."""
    column = record.phone_index if isinstance(number, Phone) else record.id_number_index
    rows = connection.execute(
        select(record_table).where(is_same(column, sealer, number)).order_by(record.id)
    )
    return [record_of(row) for row in rows]


def correct_person(
    work: Work, phone: Phone, name: PersonName, new_phone: Phone, *, at: datetime, by: str
) -> list[Record]:
    """Write another name and number into every record of a telephone number; return them as they are now.

    What stood there stays in the history, sealed, as after any change.
    """
    store, corrected = SqlRecordStore(work), []
    for found in records_under(work.connection, work.database.sealer, phone):
        before = store.find(found.record_id) or found
        personal = replace(before.personal, name=name, phone=new_phone)
        after = replace(before, personal=personal, version=before.version + 1, updated_at=at)
        was = {"personal.name": before.personal.name, "personal.phone": before.personal.phone}
        doing = Doing(
            action="correct",
            at=at,
            by=by,
            fields=list(was),
            was={field: value and plain(value) for field, value in was.items()},
        )
        store.save(after, doing)
        corrected.append(after)
    return corrected
