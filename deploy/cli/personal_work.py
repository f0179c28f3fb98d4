"""What the services keep about a person, read from their databases; each look and change is on record."""

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select

from deploy.cli import personal_register, screen
from deploy.cli.cannot_do import CannotDo
from deploy.cli.databases import reaching
from deploy.cli.on_record import note
from services.patrol.store.forgetting import correct_contact
from services.patrol.store.tables import incident_table
from shared.contracts.patrol import ContactPersonalData
from shared.kernel.personal_data import IdNumber, Phone
from shared.runtime.audit import READ
from shared.runtime.blind_index import is_same


def report(phone: str, reason: str) -> None:
    """Show all that is kept under a telephone number. Anonymous reports are not: nobody's is known.

    Raises:
        CannotDo: it is no number, or the database is away.
    """
    sought = _phone(phone)
    with reaching("patrol") as database:
        with database.reading() as connection:
            named = is_same(incident_table.c.contact_phone_index, database.sealer, sought)
            found = connection.execute(
                select(incident_table).where(named).order_by(incident_table.c.id)
            ).all()
        numbers = [row.matter_no for row in found]
        with database.writing() as connection:
            note(connection, "patrol", "personal_report", numbers, reason=reason, outcome=READ)
    table = screen.table(f"按此电话保存的个人信息 · kept under this number: {len(found)}")
    for heading in ("事项 matter", "时间 reported", "姓名 name", "电话 telephone", "内容 text"):
        table.add_column(heading, overflow="fold")
    for row in found:
        text = f"{row.title.plain}\n{row.description.plain}"
        at = f"{row.reported_at:%Y-%m-%d %H:%M}"
        table.add_row(row.matter_no, at, row.contact_name.plain, row.contact_phone.plain, text)
    screen.show(table)
    personal_register.report(sought, reason)


def report_by_id(id_number: str, reason: str) -> None:
    """Show all that the register keeps under an identity number; reports name nobody by it.

    Raises:
        CannotDo: it is no number, or the database is away.
    """
    try:
        sought = TypeAdapter(IdNumber).validate_python(id_number.strip())
    except ValidationError:
        raise CannotDo("这不是证件号码。", "This is no identity number.") from None
    personal_register.report(sought, reason)


def correct(phone: str, new_name: str, new_phone: str, reason: str) -> None:
    """Put a name and a number right wherever the old number stands.

    Raises:
        CannotDo: as for `report`, or nothing is kept under it.
    """
    sought = _phone(phone)
    try:
        corrected = TypeAdapter(ContactPersonalData).validate_python(
            {"name": new_name, "phone": new_phone}
        )
    except ValidationError:
        raise CannotDo("姓名或电话不合要求。", "The name or the number will not do.") from None
    with reaching("patrol") as database, database.writing() as connection:
        numbers = correct_contact(connection, database.sealer, sought, corrected)
        note(connection, "patrol", "personal_correction", numbers, reason=reason)
    records = personal_register.correct(sought, corrected.name, corrected.phone, reason)
    if not (numbers or records):
        raise CannotDo("没有按此电话保存的信息。", "Nothing is kept under this number.")
    screen.show(f"已更正 · put right: {', '.join([*numbers, *records])}")


def _phone(given: str) -> Phone:
    try:
        return TypeAdapter(Phone).validate_python(given.strip())
    except ValidationError:
        raise CannotDo("这不是电话号码。", "This is no telephone number.") from None
