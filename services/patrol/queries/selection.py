"""Which incidents a filter asks for, and which page of them, as conditions of a query."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
)

from services.patrol.queries.reach import under
from services.patrol.store.tables import incident_table
from shared.contracts.patrol import (
    IncidentFilter,
)
from shared.kernel.errors import FieldError, Invalid
from shared.kernel.ids import first_id_at, is_id
from shared.runtime.cursor import keys_of
from shared.runtime.partitions import made_before

incident = incident_table.c


_SAY = {
    "cursor": (
        "游标须取自上一页的 next_cursor",
        "take the cursor from the last page's next_cursor",
    ),
}


_SAY_OF_A_TIME = (
    "写明带时区的时间，如 2026-11-23T08:00:00+08:00",
    "give a time with its offset, such as 2026-11-23T08:00:00+08:00",
)


def _wrong(field: str) -> Invalid:
    zh, en = _SAY.get(field, _SAY_OF_A_TIME)
    return Invalid(
        code="invalid",
        zh="查询参数不合要求，详见 errors。",
        en="The query is wrong; see errors.",
        errors=(FieldError(field=field, code="wrong", zh=zh, en=en),),
    )


def _instant(moment: datetime, field: str) -> datetime:
    """Return a moment that the tables can be asked for.

    Raises:
        Invalid: it has no offset, or in UTC lies beyond the calendar.
    """
    try:
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except OverflowError:
        pass
    raise _wrong(field)


def conditions_of(connection: Connection, where: IncidentFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if where.place is not None:
        conditions.append(under(connection, where.place))
    if where.state:
        conditions.append(incident.state.in_(where.state))
    for name in ("category", "severity", "source", "level"):
        if (value := getattr(where, name)) is not None:
            conditions.append(incident[name] == value)
    if where.reported_from is not None:
        first = _instant(where.reported_from, "reported_from")
        conditions += [incident.reported_at >= first, incident.id >= first_id_at(first)]
    if where.reported_to is not None:
        end = _instant(where.reported_to, "reported_to")
        conditions += [incident.reported_at < end, made_before(connection, incident.id, end)]
    if where.open_only:
        conditions.append(incident.is_open)
    return conditions


def after(cursor: str | None) -> list[ColumnElement[bool]]:
    if cursor is None:
        return []
    [last] = keys_of(cursor, 1)
    if not is_id(last):
        raise _wrong("cursor")
    return [incident.id < last]


def newest(
    connection: Connection, wanted: Select[Any], reach: list[ColumnElement[bool]], count: int
) -> list[Any]:
    """Return the newest rows that one of the conditions of *reach* lets through.

    Each is asked for on its own: an index gives the newest of one, and of none the newest of either.
    """
    found = {
        row.id: row
        for condition in reach
        for row in connection.execute(
            wanted.where(condition).order_by(incident.id.desc()).limit(count)
        )
    }
    return [found[incident_id] for incident_id in sorted(found, reverse=True)[:count]]
