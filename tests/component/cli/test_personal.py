"""`wangge personal`: what is kept under a telephone number, told and put right, and on record."""

from contextlib import closing

import pytest
from sqlalchemy import insert, select

from services.patrol.store.rows import row_of
from services.patrol.store.tables import incident_table
from services.register.ports import Doing
from services.register.store.records import SqlRecordStore
from shared.contracts.patrol import ContactPersonalData
from shared.contracts.register import AttentionPersonalData, RecordPersonalData
from shared.kernel.ids import new_id
from shared.kernel.personal_data import FreeText, IdNumber, PersonName, Phone
from shared.runtime.audit import trail
from shared.runtime.database import ServiceDatabase
from shared.runtime.settings import Settings
from shared.runtime.tables import outbox
from shared.runtime.work import Work
from tests.builders.incident import NOW, an_incident
from tests.builders.register import a_citizen_number, a_record
from tests.component.cli.commands import Shell

PHONE, OTHER = "13812345678", "13900001111"
ID_NUMBER = a_citizen_number()
IN_REGISTER = a_record(
    personal=RecordPersonalData(
        name=PersonName("张三丰"), phone=Phone(PHONE), id_number=IdNumber(ID_NUMBER)
    ),
    attention=(AttentionPersonalData(kind="released", note=FreeText("按月走访")),),
)
WHY = ("--reason", "本人申请，已核验身份")


@pytest.fixture
def kept(wangge: Shell, empty_schemas: Settings) -> Shell:
    """Give a shell whose patrol has a report of one person and one of another."""
    wangge.environment["WANGGE_CREDENTIALS"] = str(empty_schemas.credentials)
    wangge.environment["WANGGE_KEYRING"] = str(empty_schemas.keyring_file)
    assert wangge.run("migrate").code == 0
    database = ServiceDatabase(empty_schemas, "patrol")
    rows = [
        row_of(
            an_incident(
                incident_id=new_id(),
                matter_no=f"P20261123-000000{number}",
                contact=ContactPersonalData(name=PersonName(name), phone=Phone(phone)),
            )
        )
        for number, (name, phone) in enumerate([("张三丰", PHONE), ("李四", OTHER)])
    ]
    with database.writing() as connection:
        connection.execute(insert(incident_table), rows)
    database.close()
    register = ServiceDatabase(empty_schemas, "register")
    with closing(Work(register)) as work:
        with work.begin():
            doing = Doing(action="register", at=NOW, by="member")
            SqlRecordStore(work).add(IN_REGISTER, doing)
        work.keep()
    register.close()
    return wangge


def test_tells_what_is_kept_about_a_person_and_no_more(kept: Shell) -> None:
    told = kept.run("personal", "report", *WHY, stdin=f"{PHONE}\n".encode())

    assert told.code == 0, told.err
    for expected in ("张三丰", PHONE, "P20261123-0000000", "垃圾成堆"):
        assert expected in told.out
    assert "李四" not in told.out


def test_puts_it_right_everywhere_and_on_record(kept: Shell, empty_schemas: Settings) -> None:
    right = f"{PHONE}\n张三\n13700002222\n".encode()

    assert kept.run("personal", "correct", *WHY, stdin=right).code == 0
    told = kept.run("personal", "report", *WHY, stdin=b"13700002222\n")

    assert "张三" in told.out
    assert "张三丰" not in told.out
    database = ServiceDatabase(empty_schemas, "patrol")
    with database.reading() as connection:
        noted = [(row["action"], row["about"], row["outcome"]) for row in trail(connection)]
    database.close()
    assert noted == [
        ("patrol.personal_correction", "P20261123-0000000", "done"),
        ("patrol.personal_report", "P20261123-0000000", "read"),
    ]


def test_finds_nothing_under_another_number(kept: Shell) -> None:
    refused = kept.run("personal", "correct", *WHY, stdin=b"13600000000\na\n110\n")

    assert refused.code == 1
    assert "Nothing is kept" in refused.err


def test_takes_no_text_for_a_number(kept: Shell) -> None:
    refused = kept.run("personal", "report", *WHY, stdin="张三\n".encode())

    assert refused.code == 1
    assert "no telephone number" in refused.err


class TestTheRegister:
    def test_tells_a_person_what_it_keeps_and_what_he_is_looked_after_for(
        self, kept: Shell, empty_schemas: Settings
    ) -> None:
        by_phone = kept.run("personal", "report", *WHY, stdin=f"{PHONE}\n".encode())
        by_id = kept.run("personal", "report-by-id", *WHY, stdin=f"{ID_NUMBER}\n".encode())

        for told in (by_phone, by_id):
            assert told.code == 0, told.err
            # A table folds what is too long for its column.
            shown = "".join(told.out.split())
            assert "按月走访" in shown
            assert "released" in shown
        assert (
            noted(empty_schemas)
            == [("register.personal_report", IN_REGISTER.record_id, "read")] * 2
        )

    def test_is_put_right_with_the_rest(self, kept: Shell, empty_schemas: Settings) -> None:
        right = f"{PHONE}\n张三\n13700002222\n".encode()
        assert kept.run("personal", "correct", *WHY, stdin=right).code == 0

        database = ServiceDatabase(empty_schemas, "register")
        with closing(Work(database)) as work, work.begin():
            found = SqlRecordStore(work).find(IN_REGISTER.record_id)
            told = work.connection.execute(select(outbox)).all()
        database.close()
        assert found is not None
        assert (found.personal.name, found.personal.phone) == (
            PersonName("张三"),
            Phone("13700002222"),
        )
        assert found.version == IN_REGISTER.version + 1
        assert found.attention == IN_REGISTER.attention
        assert [row.event_type for row in told] == ["register.record.changed.v1"]
        assert noted(empty_schemas) == [
            ("register.personal_correction", IN_REGISTER.record_id, "done")
        ]


def noted(settings: Settings) -> list[tuple[str, str, str]]:
    database = ServiceDatabase(settings, "register")
    with database.reading() as connection:
        rows = [(row["action"], row["about"], row["outcome"]) for row in trail(connection)]
    database.close()
    return rows
