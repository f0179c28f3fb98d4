"""`wangge migrate` and `wangge partitions` on PostgreSQL."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text

from shared.kernel.clock import CHINA, china_now
from shared.kernel.ids import new_id
from shared.runtime.database import ServiceDatabase
from shared.runtime.partitions import make_ahead, month_after
from shared.runtime.settings import Settings
from tests.component.cli.commands import Shell

LONG_AGO = date(2024, 5, 1)
IN_MAY = datetime(2024, 5, 20, tzinfo=CHINA)


@pytest.fixture
def migrated_shell(wangge: Shell, empty_schemas: Settings) -> Shell:
    """Give a shell whose commands find migrated databases by the credentials file."""
    wangge.environment["WANGGE_CREDENTIALS"] = str(empty_schemas.credentials)
    assert wangge.run("migrate").code == 0
    return wangge


@pytest.fixture
def with_old_months(migrated_shell: Shell, empty_schemas: Settings) -> Shell:
    """Give a shell on a patrol that has April to June of 2024, with an event of May in its outbox."""
    database = ServiceDatabase(empty_schemas, "patrol")
    with database.writing() as connection:
        for table in ("incident", "outbox"):
            make_ahead(connection, table, LONG_AGO, months=1)
        connection.execute(
            text(
                "insert into outbox (event_id, event_type, aggregate_id, sequence, occurred_at,"
                " headers, payload) values (:id, 'x', 'x', 1, :at, '{}', '{}')"
            ),
            {"id": new_id(IN_MAY), "at": IN_MAY},
        )
    database.close()
    return migrated_shell


def publish(settings: Settings) -> None:
    database = ServiceDatabase(settings, "patrol")
    with database.writing() as connection:
        connection.execute(text("update outbox set published_at = occurred_at"))
    database.close()


class TestMigrate:
    def test_finds_each_service_by_the_credentials(self, migrated_shell: Shell) -> None:
        checked = migrated_shell.run("migrate", "--check")

        assert checked.code == 0
        assert checked.out.count("已是最新") == 5

    def test_says_which_service_has_no_credentials(self, wangge: Shell, tmp_path: object) -> None:
        wangge.environment["WANGGE_CREDENTIALS"] = f"{tmp_path}/none.json"

        for arguments in (("migrate", "patrol"), ("migrate", "patrol", "--check")):
            ended = wangge.run(*arguments)

            assert ended.code == 1
            assert "WANGGE_CREDENTIALS" in ended.err
            assert "Traceback" not in ended.err

    def test_makes_the_partitions_of_the_coming_months(self, migrated_shell: Shell) -> None:
        listed = migrated_shell.run("partitions", "list", "patrol")

        assert listed.code == 0
        today = china_now().date()
        for table in ("incident", "outbox"):
            for distance in range(-1, 4):
                assert f"{table}_y{month_after(today, distance):%Ym%m}" in listed.out


class TestPartitionsDetach:
    def test_takes_out_what_is_older_and_nothing_else(
        self, with_old_months: Shell, empty_schemas: Settings
    ) -> None:
        publish(empty_schemas)

        ended = with_old_months.run("partitions", "detach", "--before", "2024-06", "patrol")

        assert ended.code == 0, ended.err
        assert ended.out.splitlines() == [
            f"patrol: 已摘除 · taken out {table}_y2024m0{month}"
            for table in ("incident", "outbox")
            for month in (4, 5)
        ]
        left = with_old_months.run("partitions", "list", "patrol").out
        assert "outbox_y2024m06" in left
        assert "outbox_y2024m05" not in left
        assert with_old_months.run("migrate", "patrol", "--check").code == 0

    def test_leaves_a_month_with_events_that_were_never_sent(self, with_old_months: Shell) -> None:
        ended = with_old_months.run("partitions", "detach", "--before", "2024-07")

        assert ended.code == 1
        assert "patrol: outbox_y2024m05 (published_at IS NULL)" in ended.err
        left = with_old_months.run("partitions", "list", "patrol").out
        assert "outbox_y2024m05" in left
        assert "outbox_y2024m06" not in left

    @pytest.mark.parametrize("before", ["2024", "2024-13", "next", ""])
    def test_wants_a_month(self, migrated_shell: Shell, before: str) -> None:
        ended = migrated_shell.run("partitions", "detach", "--before", before)

        assert ended.code == 1
        assert "YYYY-MM" in ended.err

    def test_keeps_last_month_and_this(self, migrated_shell: Shell) -> None:
        this_month = china_now().date().replace(day=1)

        for before in (this_month, this_month + timedelta(days=40)):
            ended = migrated_shell.run("partitions", "detach", "--before", f"{before:%Y-%m}")

            assert ended.code == 1
            assert "no later than" in ended.err


class TestOnSqlite:
    def test_there_are_no_partitions(self, wangge: Shell) -> None:
        ended = wangge.run("partitions", "list", "patrol")

        assert ended.code == 1
        assert "SQLite has no partitions" in ended.err
