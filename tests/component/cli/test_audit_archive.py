"""`wangge audit archive`: months leave the database once they lie in a file that was checked."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url

from deploy.postgres import PrivatePostgres
from shared.kernel.actor import Actor
from shared.kernel.clock import CHINA, china_now
from shared.runtime import audit
from shared.runtime.call import Call
from shared.runtime.credentials import read_credentials
from shared.runtime.database import ServiceDatabase
from shared.runtime.migrations import migrate
from shared.runtime.settings import Settings
from tests.component.cli.commands import Shell
from tests.databases import connected

LONG_AGO = [datetime(2026, month, day, tzinfo=CHINA) for month in (2, 3) for day in (1, 15, 28)]


@pytest.fixture(params=["embedded", "production"])
def aged(
    request: pytest.FixtureRequest, wangge: Shell, tmp_path: Path
) -> Iterator[tuple[Shell, ServiceDatabase]]:
    """Give a shell and patrol's database, with rows of two old months and of now in its trail."""
    if request.param == "embedded":
        settings = Settings(data=tmp_path / "var")
        settings.data.mkdir()
        wangge.environment["WANGGE_DATA"] = str(settings.data)
        migrate(settings, "patrol")
    else:
        settings = request.getfixturevalue("empty_schemas")
        assert settings.credentials is not None
        wangge.environment["WANGGE_CREDENTIALS"] = str(settings.credentials)
        migrate(settings, "patrol")
        postgres: PrivatePostgres = request.getfixturevalue("postgres")
        url = read_credentials(settings.credentials)["patrol"].database_url
        admin = make_url(postgres.url).set(database=make_url(str(url)).database)
        wangge.environment["WANGGE_DATABASE_URL"] = admin.render_as_string(hide_password=False)
        with connected(admin.render_as_string(hide_password=False)) as say:
            # One of the months has a partition, the other lies in DEFAULT.
            say(
                "CREATE TABLE patrol_audit.audit_entry_y2026m02 PARTITION OF"
                " patrol_audit.audit_entry FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')"
            )
    database = ServiceDatabase(settings, "patrol")
    for at in (*LONG_AGO, china_now()):
        add(database, at)
    yield wangge, database
    database.close()


def add(database: ServiceDatabase, at: datetime) -> None:
    entry = audit.entry_of(Call(actor=Actor(account="li")), "patrol.take_step")
    with database.writing() as connection:
        audit.append(connection, [entry | {"at": at}])


def numbers(database: ServiceDatabase) -> list[int]:
    with database.reading() as connection:
        return [row["number"] for row in audit.trail(connection)]


def test_old_months_lie_in_files_and_the_chain_goes_on(
    aged: tuple[Shell, ServiceDatabase], tmp_path: Path
) -> None:
    shell, database = aged
    folder = tmp_path / "archive"

    ended = shell.run("audit", "archive", "--before", "2026-05", "patrol", "--to", str(folder))

    assert ended.code == 0, ended.err
    assert [file.name for file in sorted(folder.iterdir())] == [
        "patrol-2026-02.jsonl",
        "patrol-2026-03.jsonl",
    ]
    # What is left, and two notes that a month was taken out.
    assert numbers(database) == [7, 8, 9]
    add(database, china_now())
    shell.run("audit", "export", "patrol", "--to", str(folder / "patrol.jsonl"))
    whole = shell.run("audit", "verify", str(folder))
    assert whole.code == 0, whole.err
    assert "10 条" in whole.out

    after = ended.out.rpartition("--after ")[2].split()[0]
    alone = shell.run("audit", "verify", str(folder / "patrol.jsonl"), "--after", after)
    assert alone.code == 0, alone.err
    assert shell.run("audit", "verify", str(folder / "patrol.jsonl")).code == 1


def test_a_month_is_archived_after_another_and_none_twice(
    aged: tuple[Shell, ServiceDatabase], tmp_path: Path
) -> None:
    shell, database = aged
    folder = str(tmp_path / "archive")

    for before, left in (("2026-03", 5), ("2026-04", 3), ("2026-05", 3)):
        ended = shell.run("audit", "archive", "--before", before, "patrol", "--to", folder)
        assert ended.code == 0, ended.err
        assert len(numbers(database)) == left
        assert ("无可归档" in ended.out) == (before == "2026-05")


def test_nothing_goes_when_the_file_is_there_already(
    aged: tuple[Shell, ServiceDatabase], tmp_path: Path
) -> None:
    shell, database = aged
    (tmp_path / "patrol-2026-02.jsonl").touch()

    ended = shell.run("audit", "archive", "--before", "2026-05", "patrol", "--to", str(tmp_path))

    assert ended.code == 1
    assert "已存在" in ended.err
    assert len(numbers(database)) == 7


def test_nothing_goes_when_the_trail_is_not_whole(
    aged: tuple[Shell, ServiceDatabase], tmp_path: Path
) -> None:
    shell, database = aged
    change = "UPDATE audit_entry SET account = 'wang' WHERE number = 2"
    if database.is_sqlite:
        with database.writing() as connection:
            connection.exec_driver_sql("DROP TRIGGER audit_refuses_update")
            connection.exec_driver_sql(change)
    else:
        with connected(shell.environment["WANGGE_DATABASE_URL"]) as say:
            say(f"SET session_replication_role = replica; SET search_path = patrol_audit; {change}")

    ended = shell.run("audit", "archive", "--before", "2026-05", "patrol", "--to", str(tmp_path))

    assert ended.code == 1
    assert "patrol 2: 摘要不符" in ended.err
    assert len(numbers(database)) == 7


def test_what_is_younger_than_six_months_stays(
    aged: tuple[Shell, ServiceDatabase], tmp_path: Path
) -> None:
    shell, database = aged

    ended = shell.run(
        "audit", "archive", "--before", f"{china_now():%Y-%m}", "patrol", "--to", str(tmp_path)
    )

    assert ended.code == 1
    assert "YYYY-MM" in ended.err
    assert len(numbers(database)) == 7


@pytest.mark.parametrize("aged", ["production"], indirect=True)
def test_without_the_administrators_url_nothing_goes_on_postgresql(
    aged: tuple[Shell, ServiceDatabase], tmp_path: Path
) -> None:
    shell, database = aged
    del shell.environment["WANGGE_DATABASE_URL"]

    ended = shell.run("audit", "archive", "--before", "2026-05", "patrol", "--to", str(tmp_path))

    assert ended.code == 1
    assert "WANGGE_DATABASE_URL" in ended.err
    assert len(numbers(database)) == 7


def test_the_last_rows_month_stays_however_old(
    aged: tuple[Shell, ServiceDatabase], tmp_path: Path
) -> None:
    shell, database = aged
    # A clock that was ahead files what follows where it is: never before the row it follows.
    add(database, datetime(2026, 1, 1, tzinfo=CHINA))

    ended = shell.run("audit", "archive", "--before", "2026-05", "patrol", "--to", str(tmp_path))

    assert ended.code == 0, ended.err
    assert numbers(database)[:2] == [7, 8]
