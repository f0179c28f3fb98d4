"""Every list of the register, and every look-up by number, is answered from an index."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text

from services.register.ports import Doing
from services.register.queries.records import find_by_number, find_record, find_records
from services.register.store.records import SqlRecordStore
from shared.contracts.register import FindQuestion, RecordFilter
from shared.kernel.actor import Actor
from shared.kernel.ids import new_id
from shared.kernel.personal_data import IdNumber, Phone
from shared.runtime.cursor import cursor_of
from shared.runtime.database import ServiceDatabase
from shared.runtime.sealed_columns import sealer_for
from shared.runtime.work import Work
from tests.builders.actor import a_duty_officer, a_grid_member
from tests.builders.incident import NOW
from tests.builders.register import a_citizen_number, a_record
from tests.component.running import EVERYBODY
from tests.databases import PostgresMoulds
from tests.plans import blocks_of, explained, own_database
from tests.profiles import only_production

pytestmark = only_production("SQLite explains itself otherwise, and its files are small")

RECORDS = 60_000
# A page is 50 rows, each perhaps in a block of its own, and what indexes cost to enter.
FEW_BLOCKS = 500
DISTRICT, STREET, COMMUNITY, CELL = "420802", "420802003", "420802003021", "420802003021017"
PLACES = {"district": DISTRICT, "street": STREET, "community": COMMUNITY, "cell": CELL}
KINDS = ("person", "key_place")
STATES = ("present", "left")
FILTERS: dict[str, dict[str, Any]] = {
    f"{place or 'everywhere'}-{kind}-{state}": {"kind": kind, "state": state}
    | ({"place": PLACES[place]} if place else {})
    for place in (None, *PLACES)
    for kind in KINDS
    for state in STATES
} | {
    "unknown-place": {"kind": "person", "place": "430000"},
    "common-type": {"kind": "person", "type": "registered"},
    "rare-type": {"kind": "person", "type": "overseas"},
    "rare-type-of-a-street": {"kind": "person", "type": "overseas", "place": STREET},
    "house": {"kind": "person", "house": "h-77"},
}
ACTORS = {
    "officer-of-the-district": a_duty_officer(place_code=DISTRICT),
    "officer-of-a-community": a_duty_officer(place_code=COMMUNITY),
    "member-of-a-cell": a_grid_member(place_code=CELL),
}
# Nearly all are people who live there; places differ in how many.
_FILL = """
    INSERT INTO record ({names})
    SELECT {values} FROM (SELECT * FROM record LIMIT 1) record, (
        SELECT n, md5(n::text) AS hash, 1 + floor(12 * random() ^ 2) AS street,
            1 + floor(25 * random()) AS community, 1 + floor(20 * random()) AS cell
        FROM generate_series(1, :count) n
    ) made_up
"""
_MADE_UP = {
    "id": "lpad(to_hex(25000000000 + n), 8, '0') || '-0000-7' || substr(hash, 1, 3) || '-8'"
    " || substr(hash, 4, 3) || '-' || substr(hash, 7, 12)",
    "kind": "CASE WHEN n % 1000 = 0 THEN 'key_place' ELSE 'person' END",
    "state": "CASE WHEN n % 50 = 0 THEN 'left' ELSE 'present' END",
    "type": "CASE WHEN n % 5000 = 1 THEN 'overseas' ELSE 'registered' END",
    "house_id": "'h-' || n / 4",
    "id_number_index": "NULL",
    "phone_index": "NULL",
    "street_code": "'420802' || lpad(street::text, 3, '0')",
    "community_code": "'420802' || lpad(street::text, 3, '0') || lpad(community::text, 3, '0')",
    "cell_code": "'420802' || lpad(street::text, 3, '0') || lpad(community::text, 3, '0')"
    " || lpad(cell::text, 3, '0')",
}


@pytest.fixture(scope="module")
def database(
    postgresql_moulds: PostgresMoulds, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceDatabase]:
    """Give a register with the people of a district's town."""
    folder = tmp_path_factory.mktemp("town")
    with own_database(postgresql_moulds, folder, "register") as database:
        work = Work(database)
        with work.begin():
            SqlRecordStore(work).add(a_record(), Doing(action="register", at=NOW, by="desk"))
        work.keep()
        work.close()
        with database.writing() as connection:
            fill(connection)
        yield database


def fill(connection: Connection) -> None:
    """Enter many more like the one that is there."""
    names = connection.scalars(
        text("select column_name from information_schema.columns where table_name = 'record'")
    ).all()
    values = [_MADE_UP.get(name, f"record.{name}") for name in names]
    statement = _FILL.format(names=", ".join(names), values=", ".join(values))
    connection.execute(text(statement), {"count": RECORDS})
    connection.execute(text("ANALYZE record"))


def plans_of(
    database: ServiceDatabase, where: RecordFilter, actor: Actor, cursor: str | None = None
) -> list[dict[str, Any]]:
    with database.reading() as connection, explained(database, connection) as plans:
        find_records(connection, where, actor, limit=50, cursor=cursor)
    return plans


def are_cheap(plans: list[dict[str, Any]]) -> bool:
    """Tell whether each read a small part of the table, which has some six thousand blocks."""
    return max(map(blocks_of, plans)) < FEW_BLOCKS


@pytest.mark.parametrize("name", FILTERS)
def test_a_list_reads_few_blocks(database: ServiceDatabase, name: str) -> None:
    assert are_cheap(plans_of(database, RecordFilter(**FILTERS[name]), EVERYBODY))


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize(
    "name", ["everywhere-person-present", "everywhere-key_place-left", "house"]
)
def test_so_it_does_for_those_who_see_a_part(
    database: ServiceDatabase, actor: str, name: str
) -> None:
    assert are_cheap(plans_of(database, RecordFilter(**FILTERS[name]), ACTORS[actor]))


def test_a_page_far_back_reads_no_more(database: ServiceDatabase) -> None:
    with database.reading() as connection:
        ids = text("select id from record order by id offset :many limit 1")
        far_back = cursor_of(connection.scalars(ids, {"many": RECORDS // 10}).one())

    assert are_cheap(plans_of(database, RecordFilter(kind="person"), EVERYBODY, far_back))


@pytest.mark.parametrize(
    "asked",
    [
        FindQuestion(id_number=IdNumber(a_citizen_number()), reason="test"),
        FindQuestion(phone=Phone("13812345678"), reason="test"),
        FindQuestion(credit_code="91420802MA48XXXX1X", reason="test"),
    ],
    ids=["id-number", "phone", "credit-code"],
)
def test_a_number_is_looked_up(database: ServiceDatabase, asked: FindQuestion) -> None:
    sealer = sealer_for(database.engine.dialect)
    with database.reading() as connection, explained(database, connection) as plans:
        find_by_number(connection, sealer, asked, EVERYBODY)

    assert are_cheap(plans)


def test_one_is_read_with_its_relations_and_history(database: ServiceDatabase) -> None:
    with database.reading() as connection:
        known = connection.scalar(text("select max(id) from record"))
        with explained(database, connection) as plans:
            assert find_record(connection, str(known), EVERYBODY)
        with explained(database, connection) as of_none:
            assert find_record(connection, new_id(), EVERYBODY) is None

    assert are_cheap(plans)
    assert are_cheap(of_none)
