"""Tracks in their table, a row a batch, and where somebody was last."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import delete, func, insert, select

from services.patrol.domain.track import Integers, Track
from services.patrol.ports.rounds import BatchOrigin
from services.patrol.store.round_tables import position_table, track_table
from services.patrol.store.track_bytes import packed, unpacked
from shared.kernel.ids import new_id
from shared.runtime.upsert import replacing_older
from shared.runtime.work import Work

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
track = track_table.c


class SqlTrackStore:
    """Tracks in the database. Whoever adds to one holds its round."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def count(self, round_id: str, account: str) -> int:
        points = select(func.coalesce(func.sum(track.points), 0)).where(
            track.round_id == round_id, track.account == account
        )
        return int(self._work.connection.execute(points).scalar_one())

    def known(self, origin: BatchOrigin, first_seq: int, last_seq: int) -> Integers:
        bodies = self._work.connection.scalars(
            select(track.body).where(
                track.round_id == origin.round_id,
                track.account == origin.account,
                track.device == origin.device,
                track.first_seq <= last_seq,
                track.last_seq >= first_seq,
            )
        )
        return np.concatenate([np.zeros(0, np.int64), *(unpacked(body).seq for body in bodies)])

    def add(self, origin: BatchOrigin, track: Track) -> None:
        self._work.connection.execute(
            insert(track_table),
            {
                "id": new_id(origin.received_at),
                "round_id": origin.round_id,
                "account": origin.account,
                "device": origin.device,
                "first_seq": int(track.seq.min()),
                "last_seq": int(track.seq.max()),
                "points": len(track),
                "sent_at": origin.sent_at,
                "received_at": origin.received_at,
                "clock_offset_s": origin.clock_offset_s,
                "body": packed(track),
                "is_placed": False,
            },
        )

    def keep_position(self, origin: BatchOrigin, track: Track) -> None:
        if not len(track):
            return
        newest = int(np.argmax(track.at))
        connection = self._work.connection
        connection.execute(
            replacing_older(connection.dialect.name, position_table, version="at"),
            {
                "account": origin.account,
                "round_id": origin.round_id,
                "at": _EPOCH + timedelta(seconds=float(track.at[newest])),
                "position": {
                    "lon": float(track.lon[newest]),
                    "lat": float(track.lat[newest]),
                    "accuracy_m": float(track.accuracy_m[newest]),
                },
            },
        )

    def forget_position(self, accounts: Sequence[str], round_id: str) -> None:
        position = position_table.c
        self._work.connection.execute(
            delete(position_table).where(
                position.account.in_(accounts), position.round_id == round_id
            )
        )
