"""What the register keeps about a person, read from its database; each look and change is on record."""

from collections.abc import Sequence
from contextlib import closing

from deploy.cli import screen
from deploy.cli.databases import reaching
from deploy.cli.on_record import note, operator
from services.register.domain.record import Record
from services.register.store.correcting import correct_person, records_under
from shared.contracts.register import RecordChanged
from shared.kernel.clock import china_now
from shared.kernel.personal_data import IdNumber, PersonName, Phone, plain
from shared.runtime.audit import READ
from shared.runtime.outbox import Outbox
from shared.runtime.work import Work

_FIELDS = ["personal.name", "personal.phone"]


def report(number: Phone | IdNumber, reason: str) -> None:
    """Show all that the register keeps under a number, also what somebody is looked after for.

    Raises:
        CannotDo: the database is away.
    """
    with reaching("register") as database:
        with database.reading() as connection:
            found = records_under(connection, database.sealer, number)
        with database.writing() as connection:
            about = [each.record_id for each in found]
            note(connection, "register", "personal_report", about, reason=reason, outcome=READ)
    _show(found)


def correct(phone: Phone, name: PersonName, new_phone: Phone, reason: str) -> list[str]:
    """Put a name and a number right in every record of the old number; return their ids.

    Raises:
        CannotDo: the database is away.
    """
    call, now = operator(), china_now()
    with reaching("register") as database, closing(Work(database)) as work:
        with work.begin():
            account = call.actor.account
            corrected = correct_person(work, phone, name, new_phone, at=now, by=account)
            for each in corrected:
                Outbox(work, call).put(_told(each, account), occurred_at=now)
            about = [each.record_id for each in corrected]
            note(work.connection, "register", "personal_correction", about, reason=reason)
        work.keep()
    return about


def _told(record: Record, account: str) -> RecordChanged:
    return RecordChanged(
        record_id=record.record_id,
        kind=record.kind,
        version=record.version,
        areas=record.areas,
        at=record.updated_at,
        by=account,
        fields=_FIELDS,
    )


def _show(found: Sequence[Record]) -> None:
    table = screen.table(f"登记簿中的个人信息 · kept in the register: {len(found)}")
    for heading in (
        "编号 record",
        "自至 since, until",
        "姓名 name",
        "证件 number",
        "电话 telephone",
        "地址与网格 address and cell",
        "列管 looked after for",
    ):
        table.add_column(heading, overflow="fold")
    for each in found:
        personal, cell = each.personal, each.place.cell
        until = each.ended_on or ""
        attention = [f"{one.kind} {one.since or ''} {one.note.plain}" for one in each.attention]
        table.add_row(
            each.record_id,
            f"{each.since} – {until}",
            plain(personal.name or ""),
            plain(personal.id_number or ""),
            plain(personal.phone or ""),
            f"{plain(personal.address or '')}\n{cell.name if cell else ''}",
            "\n".join(attention),
        )
    screen.show(table)
