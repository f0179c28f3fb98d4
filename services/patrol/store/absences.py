"""Absences in their table."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from services.patrol.domain.roster import Absence
from services.patrol.ports.rosters import KeptAbsence
from services.patrol.store.round_tables import absence_table
from shared.kernel.place import AREA_LEVELS
from shared.runtime.holding import hold
from shared.runtime.work import Work

absence = absence_table.c
_ABOVE = AREA_LEVELS[:-1]


class SqlAbsenceStore:
    """Absences in the database."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def held_between(self, begins: datetime, ends: datetime) -> list[Absence]:
        # Of two that would each leave the other's cell to him, the second sees the first.
        hold(self._work.connection, "absences")
        return absences_between(self._work.connection, begins, ends)

    def add(self, kept: KeptAbsence) -> None:
        self._work.connection.execute(
            insert(absence_table),
            {
                "id": kept.absence.absence_id,
                "account": kept.absence.account,
                "replaced_by": kept.absence.replaced_by,
                "absent_from": kept.absence.absent_from,
                "absent_to": kept.absence.absent_to,
                "cells": list(kept.cells),
                **{f"{level}_code": kept.areas[level] for level in _ABOVE},
                "recorded_at": kept.recorded_at,
                "recorded_by": kept.recorded_by,
            },
        )

    def find(self, absence_id: str) -> KeptAbsence | None:
        held = select(absence_table).where(absence.id == absence_id).with_for_update()
        row = self._work.connection.execute(held).first()
        if row is None:
            return None
        return KeptAbsence(
            absence=absence_of(row),
            cells=tuple(row.cells),
            areas={level: getattr(row, f"{level}_code") for level in _ABOVE},
            recorded_by=row.recorded_by,
            recorded_at=row.recorded_at,
            withdrawn_at=row.withdrawn_at,
        )

    def withdraw(self, absence_id: str, *, by: str, at: datetime) -> None:
        self._work.connection.execute(
            update(absence_table)
            .where(absence.id == absence_id)
            .values(withdrawn_by=by, withdrawn_at=at)
        )


def absences_between(connection: Connection, begins: datetime, ends: datetime) -> list[Absence]:
    """Return the absences of a time that were not taken back."""
    rows = connection.execute(
        select(absence_table).where(
            absence.absent_from < ends,
            absence.absent_to > begins,
            absence.withdrawn_at.is_(None),
        )
    )
    return [absence_of(row) for row in rows]


def absence_of(row: Any) -> Absence:
    """Return the absence that a row of its table holds."""
    return Absence(
        absence_id=row.id,
        account=row.account,
        replaced_by=row.replaced_by,
        absent_from=row.absent_from,
        absent_to=row.absent_to,
    )
