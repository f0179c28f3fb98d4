"""Monthly partitions are there before they are needed, refuse nothing, and can be taken out."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import eventlet
import pytest
from sqlalchemy import text

from shared.kernel.clock import CHINA, china_now
from shared.kernel.ids import new_id
from shared.runtime.database import ServiceDatabase
from shared.runtime.partitions import (
    Cut,
    detach,
    make_ahead,
    make_partitions_ahead,
    month_after,
    partitioned_tables,
    partitions_of,
)
from shared.runtime.settings import Settings

NOVEMBER = date(2026, 11, 27)
FIRST_MOMENT = datetime(2026, 11, 1, tzinfo=CHINA)
AHEAD = ["thing_y2026m10", "thing_y2026m11", "thing_y2026m12", "thing_y2027m01", "thing_y2027m02"]


@pytest.fixture
def database(empty_schemas: Settings) -> Iterator[ServiceDatabase]:
    """Give a database with one partitioned table and one that is whole."""
    database = ServiceDatabase(empty_schemas, "patrol")
    run(
        database,
        "create table thing (number serial, id varchar(36) primary key, word text not null)"
        " partition by range (id)",
        "create index ix_thing_word on thing (word, id)",
        "create table whole (id varchar(36) primary key)",
    )
    yield database
    database.close()


def run(database: ServiceDatabase, *statements: str) -> None:
    with database.writing() as connection:
        for statement in statements:
            connection.execute(text(statement))


def make(database: ServiceDatabase, today: date = NOVEMBER, months: int = 3) -> list[str]:
    with database.writing() as connection:
        return make_ahead(connection, "thing", today, months)


def add(database: ServiceDatabase, *moments: datetime) -> None:
    with database.writing() as connection:
        for at in moments:
            connection.execute(
                text("insert into thing (id, word) values (:id, 'word')"), {"id": new_id(at)}
            )


def where_they_lie(database: ServiceDatabase) -> dict[str, int]:
    with database.reading() as connection:
        rows = connection.execute(
            text("select tableoid::regclass::text, count(*) from thing group by 1")
        )
        return {row[0]: row[1] for row in rows}


class TestMakeAhead:
    def test_makes_last_month_to_three_ahead_and_the_rest(self, database: ServiceDatabase) -> None:
        made = make(database)

        assert made == AHEAD
        with database.reading() as connection:
            known = partitions_of(connection, "thing")
        assert [partition.name for partition in known] == ["thing_default", *AHEAD]
        assert [partition.month for partition in known] == [
            None,
            *(month_after(NOVEMBER, distance) for distance in range(-1, 4)),
        ]

    def test_makes_each_once(self, database: ServiceDatabase) -> None:
        make(database)

        assert make(database) == []
        assert make(database, date(2026, 12, 1)) == ["thing_y2027m03"]

    def test_cuts_where_chinas_months_begin(self, database: ServiceDatabase) -> None:
        make(database)

        add(database, FIRST_MOMENT - timedelta(microseconds=1), FIRST_MOMENT, FIRST_MOMENT)

        assert where_they_lie(database) == {"thing_y2026m10": 1, "thing_y2026m11": 2}

    def test_refuses_nothing_for_want_of_a_month(self, database: ServiceDatabase) -> None:
        make(database)

        add(database, datetime(2017, 1, 1, tzinfo=CHINA), datetime(2030, 1, 1, tzinfo=CHINA))
        run(database, "insert into thing (id, word) values ('no such id', 'word')")

        assert where_they_lie(database) == {"thing_default": 3}

    def test_moves_what_came_before_its_month_was_made(self, database: ServiceDatabase) -> None:
        make(database, months=0)
        december = datetime(2026, 12, 24, tzinfo=CHINA)
        add(database, december, december, december + timedelta(days=400))

        make(database)

        assert where_they_lie(database) == {"thing_y2026m12": 2, "thing_default": 1}
        add(database, december)
        assert where_they_lie(database)["thing_y2026m12"] == 3

    def test_gives_each_the_indexes_of_its_table(self, database: ServiceDatabase) -> None:
        make(database)

        with database.reading() as connection:
            plan = connection.execute(
                text("explain select * from thing where word = 'x' order by id desc limit 1")
            )
            lines = "\n".join(plan.scalars())
            loose = connection.scalar(
                text(
                    "select count(*) from pg_index where not indisvalid and indrelid in"
                    " (select inhrelid from pg_inherits)"
                )
            )
        assert loose == 0
        assert "thing_y2026m11_word_id_idx" in lines

    def test_may_be_done_by_several_at_once(self, database: ServiceDatabase) -> None:
        made = [eventlet.spawn(make, database) for _ in range(4)]

        assert sorted(one.wait() for one in made) == [[], [], [], AHEAD]

    def test_goes_on_while_others_write(self, database: ServiceDatabase) -> None:
        make(database, months=-1)
        written: list[int] = []

        def write() -> None:
            for _ in range(50):
                add(database, FIRST_MOMENT + timedelta(days=len(written)))
                written.append(1)

        writing = [eventlet.spawn(write) for _ in range(3)]
        eventlet.sleep(0.02)
        make(database)
        for one in writing:
            one.wait()

        assert sum(where_they_lie(database).values()) == 150


class TestMakePartitionsAhead:
    def test_is_for_every_table_that_has_any(self, database: ServiceDatabase) -> None:
        make_partitions_ahead(database)

        with database.reading() as connection:
            assert partitioned_tables(connection) == {"thing": Cut(column="id", is_date=False)}
            months = [partition.month for partition in partitions_of(connection, "thing")]
        assert month_after(china_now().date(), 3) in months

    def test_does_nothing_on_sqlite(self, tmp_path: object) -> None:
        database = ServiceDatabase(Settings(data=tmp_path), "patrol")  # type: ignore[arg-type]

        make_partitions_ahead(database)

        database.close()


class TestDetach:
    def test_leaves_the_rows_in_a_table_of_their_own(self, database: ServiceDatabase) -> None:
        make(database)
        add(database, FIRST_MOMENT, FIRST_MOMENT + timedelta(days=31))

        with database.writing() as connection:
            [november] = [p for p in partitions_of(connection, "thing") if p.name == AHEAD[1]]
            detach(connection, november)

        assert where_they_lie(database) == {"thing_y2026m12": 1}
        with database.reading() as connection:
            assert connection.scalar(text("select count(*) from thing_y2026m11")) == 1


class TestMonthAfter:
    @pytest.mark.parametrize(
        ("distance", "month"),
        [
            (-23, date(2024, 12, 1)),
            (-1, date(2026, 10, 1)),
            (0, date(2026, 11, 1)),
            (1, date(2026, 12, 1)),
            (2, date(2027, 1, 1)),
            (14, date(2028, 1, 1)),
        ],
    )
    def test_is_the_first_of_a_month(self, distance: int, month: date) -> None:
        assert month_after(NOVEMBER, distance) == month
