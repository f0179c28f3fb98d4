"""Uploaded files on their way out, with the real patrol naming some of them, in both profiles.

Fixture strategy: empty databases are filled once a session and poured for each test; each test has an edge
whose clock stands still, and a file of somebody else that a report of his names.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select

from services.gateway.clients.file_forgetter import FileForgetter
from services.gateway.domain.going_file import GOES_AFTER
from services.gateway.store.tables import file_table
from services.gateway.wiring import Desk, Proving
from services.gateway.wiring.going_files_desk import GoingFilesDesk
from services.patrol.service import PatrolService
from shared.kernel.clock import china_now
from shared.runtime.blobs import Blobs
from shared.runtime.call import Call, CommandKey
from shared.runtime.database import ServiceDatabase
from shared.runtime.edge import edge_of
from shared.runtime.migrations import migrate
from shared.runtime.tables import audit_entry, machinery
from tests.builders.actor import a_duty_officer
from tests.component.command.walking import report
from tests.component.district import CELLS, Grid
from tests.component.running import OwnBroker, Running, own_settings
from tests.databases import Mould, Moulds
from tests.fakes.gateway import FakeClock
from tests.unit.gateway.files.uploads import a_picture
from tests.unit.gateway.loop import run

DESK = a_duty_officer()
KEPT = timedelta(days=30)
MOMENT = timedelta(minutes=1)


def _fill(data: Path) -> None:
    running = Running(own_settings(data))
    for service in ("patrol", "gateway"):
        migrate(running.settings, service)
    running.make_tables("grid", machinery)
    running.crash()


FILES = Mould("files", ("gateway", "grid", "patrol"), _fill)


@dataclass(frozen=True)
class Copy:
    """One copy of the edge."""

    desk: Desk
    going: GoingFilesDesk
    forgetter: FileForgetter
    clock: FakeClock
    database: ServiceDatabase
    blobs: Blobs

    def upload(self, content: bytes | None = None, *, key: str | None = None) -> dict[str, Any]:
        command = None if key is None else CommandKey(key=key, fingerprint="the same")
        call = Call(actor=DESK, command=command)
        return self.desk.keep_file(io.BytesIO(content or a_picture("PNG")), call)

    def forget(self) -> int:
        return run(self.forgetter.forget())

    def forget_twice(self) -> list[int]:
        """Go two rounds, so far apart that what nobody names is forgotten in the second."""
        first = self.forget()
        self.clock.passes(GOES_AFTER)
        return [first, self.forget()]

    def rows(self, table: Table) -> list[Any]:
        with self.database.reading() as connection:
            return list(connection.execute(select(table)))

    def since_when_going(self) -> dict[str, Any]:
        return {row.id: row.going_at for row in self.rows(file_table)}

    def has_bytes(self, kept: dict[str, Any]) -> bool:
        return self.blobs.path(kept["sha256"]).exists()

    def trail(self) -> list[tuple[str, str]]:
        return [(row.action, row.about) for row in self.rows(audit_entry)]

    def forget_at_last(self, kept: dict[str, Any]) -> None:
        """Have a file go that nobody names, from the first question on to the last."""
        self.clock.passes(KEPT + MOMENT)
        for _ in range(2):
            self.going.forget([kept["id"]], set())
            self.clock.passes(GOES_AFTER)


@pytest.fixture
def settings(own: OwnBroker, moulds: Moulds) -> OwnBroker:
    moulds.pour(FILES, own.data)
    return own


@pytest.fixture
def patrol(running: Running, settings: OwnBroker) -> Running:
    running.start(Grid, PatrolService)
    return running


@pytest.fixture
def clock() -> FakeClock:
    clock = FakeClock()
    clock.now = china_now()
    return clock


@pytest.fixture
def another_copy(settings: OwnBroker, clock: FakeClock) -> Iterator[Callable[..., Copy]]:
    """Give a way to have one more copy of the edge, perhaps under other settings."""
    opened: list[ServiceDatabase] = []

    def made(**changed: Any) -> Copy:
        its_own = settings.model_copy(update=changed)
        opened.append(database := ServiceDatabase(its_own, "gateway"))
        blobs = Blobs(its_own.data / "blobs")
        going = GoingFilesDesk(Proving(its_own, database, clock=clock), blobs)
        return Copy(
            desk=Desk(database, blobs, clock=clock),
            going=going,
            forgetter=FileForgetter(edge_of(its_own, "gateway"), going),
            clock=clock,
            database=database,
            blobs=blobs,
        )

    yield made
    for database in opened:
        database.close()


@pytest.fixture
def edge(another_copy: Callable[..., Copy]) -> Copy:
    return another_copy()


@pytest.fixture
def somebody_elses(edge: Copy, patrol: Running) -> dict[str, Any]:
    """Give a file that a report of somebody else names."""
    kept = edge.upload(a_picture("JPEG"))
    report(patrol, CELLS[1], actor=a_duty_officer("other"), files=[kept["id"]])
    return kept
