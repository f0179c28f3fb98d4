"""Rounds as lists and answers show them."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, or_, select

from services.patrol.domain.check_in import REASONS as CHECK_IN_REASONS
from services.patrol.domain.round_refusals import no_such_round
from services.patrol.domain.round_verdict import REASONS
from services.patrol.queries.round_selection import in_reach, under
from services.patrol.store.round_rows import place_of_round
from services.patrol.store.round_tables import check_in_table, round_table, walker_table
from shared.contracts.patrol_rounds import RoundFilter
from shared.kernel.actor import Actor
from shared.kernel.instants import instant_of
from shared.kernel.personal_data import plain
from shared.kernel.rights import Permission
from shared.runtime.cursor import after_id, cursor_of, page_size

kept, walker, check_in = round_table.c, walker_table.c, check_in_table.c


def find_rounds(
    connection: Connection, where: RoundFilter, actor: Actor, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Return a page of the rounds under the actor's places and of his own, newest first."""
    size = page_size(limit)
    wanted = (
        select(round_table)
        .where(*_conditions(where), *after_id(kept.id, cursor), may_know(actor))
        .order_by(kept.id.desc())
        .limit(size + 1)
    )
    rows = connection.execute(wanted).all()
    more = len(rows) > size
    return {
        "items": [_shown(row) for row in rows[:size]],
        "next_cursor": cursor_of(rows[size - 1].id) if more else None,
    }


def find_round(connection: Connection, round_id: str, actor: Actor) -> dict[str, Any]:
    """Return one round with its check-ins; raises `NotFound` when the actor may not know of it."""
    row = connection.execute(
        select(round_table).where(kept.id == round_id, may_know(actor))
    ).first()
    if row is None:
        raise no_such_round()
    made = connection.execute(
        select(check_in_table).where(check_in.round_id == round_id).order_by(check_in.id)
    ).all()
    return _shown(row) | {"check_ins": [shown_check_in(each) for each in made]}


def find_check_in(connection: Connection, round_id: str, account: str, key: str) -> dict[str, Any]:
    """Return one's own check-in of a key."""
    row = connection.execute(
        select(check_in_table).where(
            check_in.round_id == round_id, check_in.account == account, check_in.key == key
        )
    ).one()
    return shown_check_in(row)


def may_know(actor: Actor) -> ColumnElement[bool]:
    """Return "lies where the actor may see rounds, or is one he walks"."""
    own = exists().where(walker.round_id == kept.id, walker.account == actor.account)
    return or_(in_reach(kept, actor, Permission.PATROL_READ), own)


def _conditions(where: RoundFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if where.place is not None:
        conditions.append(under(kept, where.place))
    if where.state:
        conditions.append(kept.state.in_(where.state))
    if where.kind is not None:
        conditions.append(kept.kind == where.kind)
    if where.officer is not None:
        of_officer = exists().where(walker.round_id == kept.id, walker.account == where.officer)
        conditions.append(of_officer)
    # Planned for any time within the span.
    if where.planned_from is not None:
        conditions.append(kept.planned_to >= instant_of(where.planned_from, "planned_from"))
    if where.planned_to is not None:
        conditions.append(kept.planned_from < instant_of(where.planned_to, "planned_to"))
    return conditions


def _shown(row: Any) -> dict[str, Any]:
    place = place_of_round(row)
    return {
        "id": row.id,
        "kind": row.kind,
        "state": row.state,
        "title": plain(row.title),
        "place": {
            name: getattr(place, name) for name in ("district", "street", "community", "cell")
        },
        "officers": row.officers,
        "points": [{"number": number, **stop} for number, stop in enumerate(row.stops, start=1)],
        "planned_from": row.planned_from,
        "planned_to": row.planned_to,
        "least_minutes": row.least_minutes,
        "check_in_minutes": row.check_in_minutes,
        "planned_by": row.planned_by,
        "planned_at": row.planned_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "cancel_reason": None if row.cancel_reason is None else plain(row.cancel_reason),
        "valid": row.is_valid,
        "reasons": said(row.reasons, REASONS),
        "points_reached": row.points_reached,
        "updated_at": row.updated_at,
    }


def shown_check_in(row: Any) -> dict[str, Any]:
    """Return a check-in without where it was: how far from its point is enough."""
    return {
        "id": row.id,
        "officer": row.account,
        "point": row.point,
        "at": row.at,
        "phone_at": row.phone_at,
        "received_at": row.received_at,
        "clock_offset_s": row.clock_offset_s,
        "stayed_s": row.stayed_s,
        "accuracy_m": row.accuracy_m,
        "distance_m": row.distance_m,
        "valid": row.is_valid,
        "reasons": said(row.reasons, CHECK_IN_REASONS),
    }


def said(codes: list[str], words: dict[str, tuple[str, str]]) -> list[dict[str, str]]:
    """Return reasons in both languages."""
    return [{"code": code, "zh": words[code][0], "en": words[code][1]} for code in codes]
