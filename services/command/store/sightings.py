"""What a round of early warning looks at, out of the read models."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, delete, insert, select, tuple_

from services.command.domain.matter import Matter
from services.command.domain.warning.always_told import EARLY_SIGNS
from services.command.domain.warning.finding import UNKNOWN_CELL, Ground, Observed
from services.command.ports import GridRegistry
from services.command.store.read_models import matter_of
from services.command.store.tables import ground_table, matter_table
from shared.runtime.work import Work

# So many rows that the other green threads wait for a tenth of a second and no longer.
PAGE = 5000
NOT_REAL = "cancelled"
matter = matter_table.c


class SqlGroundStore:
    """The ground of the boundary in force, in the database; of older ones nothing is needed."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def latest(self) -> Ground | None:
        newest = select(ground_table).order_by(ground_table.c.version.desc()).limit(1)
        row = self._work.connection.execute(newest).first()
        if row is None:
            return None
        borders = np.array(row.borders, dtype=np.int64).reshape(-1, 2)
        return Ground(version=row.version, cells=tuple(row.cells), borders=borders)

    def keep(self, ground: Ground) -> None:
        connection = self._work.connection
        connection.execute(delete(ground_table))
        row = {"cells": list(ground.cells), "borders": ground.borders.tolist()}
        connection.execute(insert(ground_table), row | {"version": ground.version})


class SqlSightings:
    """Matters as early warning looks at them, through the connection the work has open."""

    def __init__(self, work: Work, registry: GridRegistry) -> None:
        self._work = work
        self._registry = registry

    def ground(self) -> Ground:
        kept = SqlGroundStore(self._work).latest()
        none = np.empty((0, 2), dtype=np.int64)
        return kept or Ground(version=0, cells=(), borders=none)

    def observed(self, ground: Ground, since: datetime, now: datetime) -> Observed:
        rows = list(_open_to_all(self._work.connection, since, now))
        categories = tuple(sorted({row.category for row in rows}))
        number = {category: position for position, category in enumerate(categories)}
        return Observed(
            matter_nos=tuple(row.matter_no for row in rows),
            categories=categories,
            category=np.array([number[row.category] for row in rows], dtype=np.int64),
            cell=self._cells(rows, ground),
            lon=np.array([row.lon for row in rows], dtype=np.float64),
            lat=np.array([row.lat for row in rows], dtype=np.float64),
            at_s=np.array([(row.reported_at - now).total_seconds() for row in rows]),
        )

    def early_signs(self, since: datetime) -> list[Matter]:
        wanted = select(matter_table).where(
            matter.category == EARLY_SIGNS,
            matter.reported_at >= since,
            matter.state != NOT_REAL,
        )
        rows = self._work.connection.execute(wanted.order_by(matter.matter_no))
        return [matter_of(row) for row in rows]

    def matters(self, matter_nos: tuple[str, ...]) -> list[Matter]:
        wanted = select(matter_table).where(matter.matter_no.in_(matter_nos))
        return [matter_of(row) for row in self._work.connection.execute(wanted)]

    def _cells(self, rows: list[Any], ground: Ground) -> np.ndarray:
        """Return the number of each matter's cell on this ground.

        What was reported under another boundary lies in a cell of its own; where it lies now is asked
        by its point.
        """
        number = {code: position for position, code in enumerate(ground.cells)}
        cells = np.array([number.get(row.cell, UNKNOWN_CELL) for row in rows], dtype=np.int64)
        moved = np.flatnonzero([row.version != ground.version for row in rows])
        if moved.size and ground.cells:
            lon = np.array([rows[each].lon for each in moved.tolist()])
            lat = np.array([rows[each].lat for each in moved.tolist()])
            cells[moved] = self._registry.cells_at(lon, lat, ground.version)
        return cells


def _open_to_all(connection: Connection, since: datetime, now: datetime) -> Iterator[Any]:
    """Yield the matters between two moments, oldest first, in pages."""
    wanted = (
        select(
            matter.matter_no,
            matter.category,
            matter.lon,
            matter.lat,
            matter.reported_at,
            matter.place["cell"]["code"].as_string().label("cell"),
            matter.place["boundary_version"].as_integer().label("version"),
        )
        .where(matter.reported_at <= now, matter.compartment.is_(None), matter.state != NOT_REAL)
        .order_by(matter.reported_at, matter.matter_no)
        .limit(PAGE)
    )
    after: tuple[datetime, str] = (since, "")
    while True:
        reached = tuple_(matter.reported_at, matter.matter_no) > after
        rows = connection.execute(wanted.where(reached)).all()
        yield from rows
        if len(rows) < PAGE:
            return
        after = (rows[-1].reported_at, rows[-1].matter_no)
