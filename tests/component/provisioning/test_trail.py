"""A service's own role adds to its audit trail and reads it, and does nothing else to it."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest

from shared.kernel.actor import Actor
from shared.kernel.clock import china_now
from shared.runtime import audit
from shared.runtime.call import Call
from shared.runtime.credentials import read_credentials
from shared.runtime.database import ServiceDatabase
from shared.runtime.migrations import differs_from_models, migrate
from shared.runtime.partitions import make_partitions_ahead, month_after
from shared.runtime.settings import Settings
from shared.runtime.work import Work
from tests.databases import connected

Say = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def own(empty_schemas: Settings) -> Settings:
    """Give settings under which patrol is migrated and has a row in its trail."""
    migrate(empty_schemas, "patrol")
    database = ServiceDatabase(empty_schemas, "patrol")
    work = Work(database)
    audit.note(work, Call(actor=Actor(account="li")), "patrol.take_step")
    work.keep()
    database.close()
    return empty_schemas


@pytest.fixture
def patrol(own: Settings) -> Iterator[Say]:
    """Give a way to say statements as patrol's role."""
    assert own.credentials is not None
    url = read_credentials(own.credentials)["patrol"].database_url
    assert url is not None
    with connected(url) as say:
        say("SET search_path = patrol, patrol_audit")
        yield say


THIS_MONTH = f"audit_entry_y{china_now():%Y}m{china_now():%m}"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET account = 'wang'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "DROP TABLE audit_entry",
        "DROP TABLE audit_entry CASCADE",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "ALTER TABLE audit_entry DROP COLUMN reason",
        "ALTER TABLE audit_entry RENAME TO other",
        "ALTER TABLE audit_entry OWNER TO patrol",
        "ALTER TABLE audit_entry SET SCHEMA patrol",
        "ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY",
        "DROP TRIGGER audit_entry_keeps_each_row ON audit_entry",
        "CREATE RULE quiet AS ON INSERT TO audit_entry DO INSTEAD NOTHING",
        "CREATE TRIGGER mine BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_is_only_added_to()",
        "CREATE INDEX mine ON audit_entry (number)",
        "DROP INDEX ix_audit_entry_at",
        f"UPDATE {THIS_MONTH} SET account = 'wang'",  # noqa: S608 – no text of anybody's
        f"DELETE FROM {THIS_MONTH}",  # noqa: S608 – as above
        f"TRUNCATE {THIS_MONTH}",
        f"DROP TABLE {THIS_MONTH}",
        f"ALTER TABLE audit_entry DETACH PARTITION {THIS_MONTH}",
        "UPDATE audit_anchor SET digest = ''",
        "DELETE FROM audit_anchor",
        "DROP TABLE audit_anchor",
        "DROP SCHEMA patrol_audit CASCADE",
        "CREATE TABLE patrol_audit.mine (a int)",
        "CREATE OR REPLACE FUNCTION patrol_audit.audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "DROP FUNCTION patrol_audit.audit_is_only_added_to() CASCADE",
        "DROP FUNCTION patrol_audit.make_month(date)",
        "SET ROLE wangge_audit",
        "SET session_replication_role = replica",
        "DROP OWNED BY wangge_audit",
    ],
)
def test_the_services_role_is_refused(patrol: Say, statement: str) -> None:
    with pytest.raises(
        psycopg2.errors.InsufficientPrivilege, match=r"permission denied|must be owner"
    ):
        patrol(statement)

    assert patrol("SELECT account FROM audit_entry") == [("li",)]


def test_the_services_role_grants_itself_nothing(patrol: Say) -> None:
    patrol("GRANT ALL ON audit_entry TO patrol")  # a warning is all that comes of it

    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        patrol("UPDATE audit_entry SET account = 'wang'")


def test_the_services_role_cannot_give_its_trail_to_a_service_of_the_same_name_again(
    patrol: Say,
) -> None:
    patrol("CREATE TABLE patrol.audit_entry (number bigint)")

    assert patrol("SELECT patrol_audit.take_over()") == [(False,)]
    assert patrol("SELECT account FROM patrol_audit.audit_entry") == [("li",)]


def test_another_service_sees_nothing_of_it(own: Settings) -> None:
    assert own.credentials is not None
    url = read_credentials(own.credentials)["grid"].database_url
    assert url is not None
    with (
        connected(url) as say,
        pytest.raises(psycopg2.errors.InsufficientPrivilege, match="permission denied"),
    ):
        say("SELECT * FROM patrol_audit.audit_entry")


def test_the_trail_is_where_it_belongs_and_the_models_agree(own: Settings, patrol: Say) -> None:
    owners: dict[str, str] = dict(
        patrol(
            "SELECT schemaname || '.' || tablename, tableowner FROM pg_tables WHERE tablename ~ '^audit_'"
        )
    )

    assert set(owners.values()) == {"wangge_audit"}
    assert {name.partition(".")[0] for name in owners} == {"patrol_audit"}
    assert not differs_from_models(own, "patrol")
    migrate(own, "patrol")
    assert not differs_from_models(own, "patrol")


def test_the_service_makes_the_partitions_of_coming_months(own: Settings, patrol: Say) -> None:
    database = ServiceDatabase(own, "patrol")
    make_partitions_ahead(database)
    database.close()

    month = month_after(china_now().date(), 3)
    made = {name for (name,) in patrol("SELECT relname FROM pg_class WHERE relkind = 'r'")}
    assert f"audit_entry_y{month:%Y}m{month:%m}" in made
    assert patrol(f"SELECT make_month('{month}')") == [(False,)]
    assert patrol("SELECT make_month('2026-01-02')") == [(False,)]
