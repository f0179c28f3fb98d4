"""The registry's tables when several copies write them at once."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import eventlet
import pytest
from sqlalchemy import select

from services.grid.store import (
    SqlBoundaryStore,
    SqlOfficerStore,
    boundary_table,
    officer_table,
)
from shared.contracts.grid import CellOfficer
from shared.kernel.clock import china_now
from shared.runtime.database import ServiceDatabase
from shared.runtime.migrations import migrate
from shared.runtime.settings import Settings
from shared.runtime.work import Work

CELL = "420802001001001"
NOW = china_now()


@pytest.fixture
def database(empty_schemas: Settings) -> Iterator[ServiceDatabase]:
    migrate(empty_schemas, "grid")
    database = ServiceDatabase(empty_schemas, "grid")
    yield database
    database.close()


def a_draft(folder: str) -> dict[str, Any]:
    return {
        "folder": folder,
        "label": folder,
        "scheme": "cn",
        "state": "draft",
        "district_code": "420802",
        "counts": {},
        "totals": {},
        "findings": [],
        "can_be_activated": True,
        "needs_acceptance": False,
        "created_at": NOW,
        "created_by": "admin",
    }


def do(database: ServiceDatabase, act: Callable[[Work], object], *, then_wait_s: float = 0) -> None:
    work = Work(database)
    with work.begin():
        act(work)
        eventlet.sleep(then_wait_s)
    work.keep()


def at_once(database: ServiceDatabase, *acts: Callable[[Work], object]) -> None:
    for one in [eventlet.spawn(do, database, act, then_wait_s=0.1) for act in acts]:
        one.wait()


def add(folder: str) -> Callable[[Work], object]:
    return lambda work: SqlBoundaryStore(work).add(a_draft(folder), [])


def activate(version: int) -> Callable[[Work], object]:
    return lambda work: SqlBoundaryStore(work).activate(version, NOW + timedelta(seconds=version))


def name_officer(account: str) -> Callable[[Work], object]:
    officer = CellOfficer(account=account, name=account, is_leader=True)
    return lambda work: SqlOfficerStore(work).replace(CELL, [officer], china_now())


class TestAtOnce:
    def test_of_two_boundaries_one_is_in_force(self, database: ServiceDatabase) -> None:
        for folder in ("a", "b", "c"):
            do(database, add(folder))

        at_once(database, activate(1), activate(2), activate(3))

        with database.reading() as connection:
            states = connection.scalars(select(boundary_table.c.state))
            assert sorted(states) == ["active", "retired", "retired"]

    def test_of_two_lists_of_officers_one_is_in_force(self, database: ServiceDatabase) -> None:
        at_once(database, *map(name_officer, ("wang", "li", "zhao")))

        with database.reading() as connection:
            lists = connection.execute(
                select(officer_table).order_by(officer_table.c.valid_from)
            ).all()
        # A list that came later with an earlier time leaves no trace of those after that time.
        assert [one.valid_to for one in lists] == [*(one.valid_from for one in lists[1:]), None]
