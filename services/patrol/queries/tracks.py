"""A track as a desk sees it: who says why, sees it in order, with what is doubtful marked."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, select

from services.patrol.domain.round_refusals import name_an_officer, no_such_round
from services.patrol.domain.round_rules import RoundRules
from services.patrol.domain.track import Track, joined, length_m, marks_of
from services.patrol.queries.rounds import kept, may_know
from services.patrol.store.round_tables import track_table
from services.patrol.store.track_bytes import unpacked
from shared.contracts.patrol_rounds import TrackQuestion
from shared.kernel.actor import Actor, not_permitted
from shared.kernel.place import AREA_LEVELS
from shared.kernel.rights import Permission

track = track_table.c
# About five megabytes of an answer; of one person on one round there are never more.
MOST_SHOWN = 40_000


def permitted(
    connection: Connection, round_id: str, asked: TrackQuestion, actor: Actor
) -> TrackQuestion:
    """Return what of the question the actor may be answered: a walker of it sees his own track alone.

    Raises:
        NotFound: there is no such round that he may know of.
        Forbidden: he may know of it, and not where its walkers were.
    """
    row = connection.execute(
        select(*(kept[f"{level}_code"] for level in AREA_LEVELS), kept.officers).where(
            kept.id == round_id, may_know(actor)
        )
    ).first()
    if row is None:
        raise no_such_round()
    codes = [code for code in row[:-1] if code is not None]
    if actor.reaches(codes, Permission.TRACK_READ):
        return asked
    if actor.account not in row.officers:
        raise not_permitted(Permission.TRACK_READ)
    return replace(asked, officer=actor.account)


def find_tracks(
    connection: Connection, round_id: str, asked: TrackQuestion, rules: RoundRules
) -> list[dict[str, Any]]:
    """Return the track of each phone on a round, in order.

    A point is `[number, corrected time, phone's time, lon, lat, accuracy, marks]`; degrees in WGS-84, metres.
    """
    wanted = select(track.account, track.device, track.body).where(track.round_id == round_id)
    if asked.officer is None:
        _check_size(connection, round_id)
    else:
        wanted = wanted.where(track.account == asked.officer)
    phones: dict[tuple[str, str], list[Track]] = {}
    for row in connection.execute(wanted.order_by(track.account, track.device, track.id)):
        phones.setdefault((row.account, row.device), []).append(unpacked(row.body))
    return [
        {"officer": account, "device": device, **shown_track(joined(parts).in_order, rules)}
        for (account, device), parts in phones.items()
    ]


def _check_size(connection: Connection, round_id: str) -> None:
    """Let all tracks of a round be answered together while they are not too long for that."""
    points = select(func.sum(track.points)).where(track.round_id == round_id)
    if (connection.scalar(points) or 0) > MOST_SHOWN:
        raise name_an_officer()


def shown_track(whole: Track, rules: RoundRules) -> dict[str, Any]:
    """Return a track that is in order, and how long its way is in metres."""
    marks = marks_of(
        whole, most_speed_mps=rules.most_speed_mps, most_accuracy_m=rules.most_accuracy_m
    )
    flags = {
        name: np.flatnonzero(getattr(marks, name)) for name in ("jump", "inaccurate", "backwards")
    }
    named: list[list[str]] = [[] for _ in range(len(whole))]
    for name, where in flags.items():
        for number in where:
            named[number].append(name)
    return {
        "length_m": round(length_m(whole, marks), 1),
        "points": [
            [
                int(whole.seq[n]),
                _moment(whole.at[n]),
                _moment(whole.phone_at[n]),
                float(whole.lon[n]),
                float(whole.lat[n]),
                None if np.isnan(whole.accuracy_m[n]) else float(whole.accuracy_m[n]),
                named[n],
            ]
            for n in range(len(whole))
        ],
    }


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)
