"""Alarms in their table, and who may have to be missed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_, select, update

from services.patrol.domain.patrol_round import RoundPlace
from services.patrol.ports.rounds import Alarm, Missing
from services.patrol.store.round_rows import place_of_round
from services.patrol.store.round_tables import alarm_table, round_table, walker_table
from shared.kernel.personal_data import FreeText
from shared.kernel.place import AREA_LEVELS, NamedArea
from shared.runtime.upsert import adding_once
from shared.runtime.work import Work

alarm, walker = alarm_table.c, walker_table.c
_AREAS = [round_table.c[f"{level}_{part}"] for level in AREA_LEVELS for part in ("code", "name")]
# Nothing that is sealed: a round that does not open shall not keep others from being missed.
_MISSING = (
    select(walker.round_id, walker.account, *_AREAS)
    .join(round_table, round_table.c.id == walker.round_id)
    .where(
        walker.is_out,
        or_(walker.check_due_at <= bindparam("now"), walker.silent_at <= bindparam("now")),
    )
    .limit(bindparam("most"))
    .with_for_update(of=round_table, skip_locked=True)
)


class SqlAlarmStore:
    """Alarms in the database."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def missing(self, now: datetime, *, at_most: int) -> list[Missing]:
        rows = self._work.connection.execute(_MISSING, {"now": now, "most": at_most})
        return [
            Missing(round_id=row.round_id, account=row.account, place=place_of_round(row))
            for row in rows
        ]

    def add(self, raised: Alarm) -> bool:
        connection = self._work.connection
        areas = {level: getattr(raised.place, level) for level in AREA_LEVELS}
        row = {
            "id": raised.alarm_id,
            "round_id": raised.round_id,
            "account": raised.account,
            "kind": raised.kind,
            "since": raised.since,
            **{f"{level}_code": area and area.code for level, area in areas.items()},
            "raised_at": raised.raised_at,
        }
        added = connection.execute(adding_once(connection.dialect.name, alarm_table), row)
        return bool(added.rowcount)

    def find(self, alarm_id: str) -> Alarm | None:
        held = select(alarm_table).where(alarm.id == alarm_id).with_for_update()
        row = self._work.connection.execute(held).first()
        if row is None:
            return None
        return Alarm(
            alarm_id=row.id,
            round_id=row.round_id,
            account=row.account,
            kind=row.kind,
            since=row.since,
            raised_at=row.raised_at,
            place=RoundPlace(
                **{
                    level: NamedArea(code=code, name="")
                    for level in AREA_LEVELS
                    if (code := getattr(row, f"{level}_code")) is not None
                }
            ),
            acknowledged_by=row.acknowledged_by,
        )

    def acknowledge(self, alarm_id: str, *, by: str, at: datetime, note: str) -> None:
        self._work.connection.execute(
            update(alarm_table)
            .where(alarm.id == alarm_id)
            .values(acknowledged_by=by, acknowledged_at=at, note=FreeText(note))
        )

    def heard_again(self, round_id: str, account: str, kinds: Sequence[str], at: datetime) -> None:
        self._work.connection.execute(
            update(alarm_table)
            .where(
                alarm.round_id == round_id,
                alarm.account == account,
                alarm.kind.in_(kinds),
                alarm.heard_again_at.is_(None),
            )
            .values(heard_again_at=at)
        )
