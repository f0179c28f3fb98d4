"""Fixture strategy: grid, patrol and command run; in every cell somebody else has reported already."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from services.command.service import CommandService
from services.patrol.service import PatrolService
from shared.runtime.database import ServiceDatabase
from shared.runtime.tables import inbox_position, outbox
from shared.runtime.work import Work
from tests.brokers import eventually
from tests.builders.actor import a_citizen
from tests.component.command.walking import report
from tests.component.district import CELLS, Grid
from tests.component.running import Running

SERVICES = (Grid, PatrolService, CommandService)
HANDLER = "command.follow_incident"


@pytest.fixture
def district(running: Running, migrated: None) -> Running:
    """Give the running services, with one incident of other people in every cell."""
    running.start(*SERVICES)
    for cell in CELLS:
        report(running, cell, actor=a_citizen("noise"), title="别人的事")
    return running


@pytest.fixture
def database(running: Running, migrated: None) -> ServiceDatabase:
    """Give command's database, empty and without services on it."""
    return running.database("command")


@pytest.fixture
def work(database: ServiceDatabase) -> Iterator[Work]:
    """Give work on that database."""
    work = Work(database)
    yield work
    work.close()


@pytest.fixture
def catch_up(district: Running) -> Callable[[], None]:
    """Give a way to wait until command has heard all that patrol told."""

    def caught_up() -> bool:
        # Not all is for this handler: where the trail ended is told now and then.
        of_incidents = outbox.c.event_type.startswith("patrol.incident.")
        [(told,)] = district.rows("patrol", select(func.count()).where(of_incidents))
        [(heard,)] = district.rows(
            "command",
            select(func.coalesce(func.sum(inbox_position.c.sequence), 0)).where(
                inbox_position.c.handler == HANDLER
            ),
        )
        return bool(told == heard)

    return lambda: eventually(caught_up)


def board_of(running: Running, **asked: Any) -> dict[str, Any]:
    """Return a board without the counts that have come to nothing."""
    board: dict[str, Any] = running.ask("command", "board", **asked)
    for part in (board, *board["children"]):
        for name in ("by_state", "by_category"):
            part[name] = {key: count for key, count in part[name].items() if count}
    return board
