"""Questions about incidents, straight from the tables; each answers only what the actor reaches."""

from collections.abc import Iterable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Label,
    LargeBinary,
    Select,
    bindparam,
    case,
    false,
    func,
    not_,
    or_,
    select,
    true,
    type_coerce,
)

from services.patrol.domain.incident import Incident
from services.patrol.store.catalogue import categories_in_force, public_codes
from services.patrol.store.clocks import clocks_of
from services.patrol.store.rows import contact_of, place_of, row_of
from services.patrol.store.tables import LEVELS, incident_table, step_table
from shared.contracts.grid import CellPoint
from shared.contracts.incident_clocks import IncidentClock, shown_clock
from shared.contracts.patrol import (
    ContactQuestion,
    FeatureFilter,
    IncidentFilter,
    ServiceRequestFilter,
)
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.box import Box
from shared.kernel.compartment import admits
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.errors import FieldError, Forbidden, Invalid
from shared.kernel.ids import first_id_at, is_id
from shared.kernel.personal_data import plain
from shared.kernel.rights import Permission
from shared.runtime.blind_index import is_same
from shared.runtime.compartments import admitted, compartment_of
from shared.runtime.cursor import cursor_of, keys_of, page_size
from shared.runtime.partitions import made_before
from shared.runtime.sealing import Sealer

incident = incident_table.c


_FIND = select(incident_table).where(incident.id == bindparam("asked"))
_HISTORY = (
    select(step_table)
    .where(step_table.c.incident_id == bindparam("asked"))
    .order_by(step_table.c.at, step_table.c.id)
)


def find_incident(connection: Connection, incident_id: str, actor: Actor) -> dict[str, Any] | None:
    """Return the incident with its history, or None when the actor may not know of it."""
    row = connection.execute(_FIND, {"asked": incident_id}).first()
    if row is None or not _may_see(connection, row, actor):
        return None
    history = connection.execute(_HISTORY, {"asked": incident_id})
    steps = [_shown_step(step) for step in history]
    more = {"conversion": row.conversion, "catalogue_version": row.catalogue_version}
    return _shown(row, actor) | more | {"steps": steps}


def add_clocks(
    connection: Connection, shown: list[dict[str, Any]], counting: DeadlineClock, now: datetime
) -> None:
    """Put into shown incidents their clocks, with the colours they have now."""
    kept = clocks_of(connection, [item["id"] for item in shown])
    for item in shown:
        item["clocks"] = shown_clocks(kept.get(item["id"], ()), counting, now)


def shown_clocks(
    clocks: Iterable[IncidentClock], counting: DeadlineClock, now: datetime
) -> list[dict[str, Any]]:
    return [shown_clock(clock, counting, now) for clock in clocks]


def contact_in_clear(
    connection: Connection, incident_id: str, actor: Actor
) -> dict[str, Any] | None:
    """Return the contact of an incident as it was given, or None when the actor may not know of it.

    Raises:
        Forbidden: the actor may not read what is personal there, and is not its handler.
    """
    row = connection.execute(_FIND, {"asked": incident_id}).first()
    if row is None or not _may_see(connection, row, actor):
        return None
    reaches = actor.reaches(place_of(row).codes, Permission.PERSONAL_READ)
    if not (reaches or row.handler == actor.account):
        raise personal_not_yours()
    contact = None if row.is_anonymous else contact_of(row)
    return {
        "id": row.id,
        "matter_no": row.matter_no,
        "contact": contact and {"name": contact.name.plain, "phone": contact.phone.plain},
    }


def find_by_contact(
    connection: Connection, sealer: Sealer, asked: ContactQuestion, actor: Actor
) -> dict[str, Any]:
    """Return a page of the incidents whose report names this telephone number, newest first."""
    of_phone = is_same(incident.contact_phone_index, sealer, asked.phone)
    wanted = select(incident_table).where(of_phone, *_after(asked.cursor), _admitted(actor))
    reach = _within_reach(connection, actor, Permission.PERSONAL_READ)
    return _page(connection, wanted, reach, actor, page_size(asked.limit))


def repeated_contacts(connection: Connection, *, since: datetime, least: int) -> list[list[str]]:
    """Return the matter numbers, oldest first, that one telephone number stands behind.

    Numbers are compared by their blind index, which does not leave this service. Reports that are
    anonymous have none, and what is closed to anybody is left out.
    """
    by_phone = incident.contact_phone_index
    open_to_all = (
        incident.id >= first_id_at(since),
        by_phone.is_not(None),
        ~incident.is_closed_off,
    )
    often = select(by_phone).where(*open_to_all).group_by(by_phone)
    rows = connection.execute(
        select(type_coerce(by_phone, LargeBinary).label("by"), incident.matter_no)
        .where(*open_to_all, by_phone.in_(often.having(func.count() >= least)))
        .order_by(incident.id)
    )
    groups: dict[bytes, list[str]] = {}
    for row in rows:
        groups.setdefault(bytes(row.by), []).append(row.matter_no)
    return list(groups.values())


def shown_new(incident: Incident, actor: Actor) -> dict[str, Any]:
    """Return an incident that was opened just now, as `find_incident` will show it."""
    return _shown(SimpleNamespace(**row_of(incident)), actor) | {"steps": []}


def find_incidents(
    connection: Connection,
    where: IncidentFilter,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None,
    permission: Permission = Permission.INCIDENT_READ,
) -> dict[str, Any]:
    """Return a page of incidents, newest first, and where the next page starts.

    It holds those to which the actor may do what *permission* says.
    """
    size = page_size(limit)
    wanted = select(incident_table).where(
        *_conditions(connection, where), *_after(cursor), _admitted(actor)
    )
    reach = _within_reach(connection, actor, permission)
    return _page(connection, wanted, reach, actor, size)


_OF_FEATURE = (
    "matter_no",
    "state",
    "level",
    "category",
    "severity",
    "source",
    *(f"{level}_{part}" for level in LEVELS for part in ("code", "name")),
    "place_status",
    "boundary_version",
    "observed_at",
    "reported_at",
    "updated_at",
    "unit",
    "rework_count",
    "return_count",
)
# What leaves for programs that keep their own copy has nothing in it that anybody wrote, nor persons,
# and nothing that may be closed off.
_FEATURES = select(
    incident.id, incident.lon, incident.lat, *(incident[name] for name in _OF_FEATURE)
).where(not_(incident.is_closed_off))


def find_features(
    connection: Connection, where: FeatureFilter, actor: Actor, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Return a page of incidents as features of a map (GeoJSON, RFC 7946), newest first."""
    size = page_size(limit)
    wanted = _FEATURES.where(*_conditions(connection, where), *_within(where.box), *_after(cursor))
    reach = _within_reach(connection, actor, Permission.INCIDENT_READ)
    rows = _newest(connection, wanted, reach, size + 1)
    more = len(rows) > size
    return {
        "features": [_feature(row) for row in rows[:size]],
        "next_cursor": cursor_of(rows[size - 1].id) if more else None,
    }


def find_feature(connection: Connection, incident_id: str, actor: Actor) -> dict[str, Any] | None:
    """Return one incident as a feature, or None when the actor may not know of it."""
    wanted = _FEATURES.where(incident.id == incident_id)
    reach = _within_reach(connection, actor, Permission.INCIDENT_READ)
    rows = _newest(connection, wanted, reach, 1)
    return _feature(rows[0]) if rows else None


_OF_REQUEST = (
    "matter_no",
    "category",
    "state",
    "is_open",
    "unit",
    "lon",
    "lat",
    "community_name",
    "cell_name",
    "reported_at",
    "updated_at",
)


def find_service_requests(
    connection: Connection, where: ServiceRequestFilter, actor: Actor
) -> dict[str, Any]:
    """Return a page of what may be public, newest first; text only of what the actor reported himself."""
    is_own = incident.reported_by == actor.account
    wanted = select(
        incident.id,
        *(incident[name] for name in _OF_REQUEST),
        case((is_own, incident.description)).label("description"),
    ).where(
        not_(incident.is_closed_off),
        # Of others nobody is told by Open311 that there is one: they are about persons, or may be.
        incident.category.in_(public_codes()),
        _admitted(actor),
        *_of_requests(connection, where),
    )
    reach = _within_reach(connection, actor, Permission.INCIDENT_READ)
    rows = _newest(connection, wanted, reach, where.skip + where.limit + 1)[where.skip :]
    return {
        "items": [_service_request(row) for row in rows[: where.limit]],
        "more": len(rows) > where.limit,
    }


def _of_requests(connection: Connection, where: ServiceRequestFilter) -> list[ColumnElement[bool]]:
    if where.matter_nos:
        return [incident.matter_no.in_(where.matter_nos)]
    span = IncidentFilter(reported_from=where.reported_from, reported_to=where.reported_to)
    conditions = _conditions(connection, span)
    if where.categories:
        conditions.append(incident.category.in_(where.categories))
    if where.is_open is not None:
        conditions.append(incident.is_open if where.is_open else not_(incident.is_open))
    return conditions


def _service_request(row: Any) -> dict[str, Any]:
    text = None if row.description is None else plain(row.description)
    return {name: getattr(row, name) for name in _OF_REQUEST} | {"description": text}


def _within(box: Box | None) -> list[ColumnElement[bool]]:
    if box is None:
        return []
    across = or_(*(incident.lon.between(west, east) for west, east in box.spans))
    return [across, incident.lat.between(box.south, box.north)]


def _feature(row: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": row.id,
        "geometry": {"type": "Point", "coordinates": [row.lon, row.lat]},
        "properties": {name: getattr(row, name) for name in _OF_FEATURE},
    }


def count_to_export(
    connection: Connection, where: IncidentFilter, actor: Actor, *, most: int
) -> int:
    """Return how many incidents the actor would export; of more than *most* one more is counted."""
    reach = _within_reach(connection, actor, Permission.INCIDENT_EXPORT)
    found = (
        select(incident.id)
        .where(*_conditions(connection, where), _admitted(actor), or_(*reach))
        .limit(most + 1)
        .subquery()
    )
    return int(connection.execute(select(func.count()).select_from(found)).scalar_one())


def _page(
    connection: Connection,
    wanted: Select[Any],
    reach: list[ColumnElement[bool]],
    actor: Actor,
    size: int,
) -> dict[str, Any]:
    rows = _newest(connection, wanted, reach, size + 1)
    items = [_shown(row, actor) for row in rows[:size]]
    more = len(rows) > size
    return {"items": items, "next_cursor": cursor_of(rows[size - 1].id) if more else None}


def _newest(
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


def _admitted(actor: Actor) -> ColumnElement[bool]:
    return admitted(incident.id, incident.is_closed_off, actor)


def open_incident_points(
    connection: Connection, actor: Actor, *, after: str, limit: int
) -> list[CellPoint]:
    """Return where the open incidents lie, by id, for asking what a new boundary would move."""
    rows = connection.execute(
        select(incident.id, incident.matter_no, incident.lon, incident.lat, incident.cell_code)
        .where(incident.is_open, incident.id > after, _admitted(actor))
        .order_by(incident.id)
        .limit(limit)
    )
    return [
        CellPoint(id=row.id, matter_no=row.matter_no, lon=row.lon, lat=row.lat, cell=row.cell_code)
        for row in rows
    ]


def categories(connection: Connection) -> list[dict[str, Any]]:
    """Return the catalogue of categories."""
    rows = connection.execute(categories_in_force().order_by("code"))
    return [dict(row._mapping) for row in rows]


def _after(cursor: str | None) -> list[ColumnElement[bool]]:
    if cursor is None:
        return []
    [last] = keys_of(cursor, 1)
    if not is_id(last):
        raise _wrong("cursor")
    return [incident.id < last]


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


def _conditions(connection: Connection, where: IncidentFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if where.place is not None:
        conditions.append(_under(connection, where.place))
    if where.state:
        conditions.append(incident.state.in_(where.state))
    for name in ("category", "severity", "source"):
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


def _newest_id_under(level: str) -> Label[str]:
    column = incident[f"{level}_code"]
    newest = select(incident.id).where(column == bindparam("code")).order_by(incident.id.desc())
    return newest.limit(1).scalar_subquery().label(level)


_LEVEL_OF = select(*map(_newest_id_under, LEVELS))
# A code stays at its level, so each is looked up until something has happened there, and no more.
_LEVELS_KNOWN: WeakKeyDictionary[Engine, dict[str, str]] = WeakKeyDictionary()


def _under(connection: Connection, code: str) -> ColumnElement[bool]:
    """Return "lies under *code*" as a condition on one column, so that one index answers it.

    Any level may be asked for; look-ups in the indexes of all tell which one the code is of.
    """
    known = _LEVELS_KNOWN.setdefault(connection.engine, {})
    if code not in known:
        found = connection.execute(_LEVEL_OF, {"code": code}).one()
        for level in LEVELS:
            if getattr(found, level) is not None:
                known.setdefault(code, level)
    return incident[f"{known[code]}_code"] == code if code in known else false()


def _within_reach(
    connection: Connection, actor: Actor, permission: Permission
) -> list[ColumnElement[bool]]:
    """Return the conditions one of which lets the actor do this to an incident."""
    places = actor.places(permission)
    if WHOLE_TREE in places:
        return [true()]
    own = incident.reported_by == actor.account
    return [*(_under(connection, place) for place in places), own]


def _may_see(connection: Connection, row: Any, actor: Actor) -> bool:
    reaches = actor.reaches(place_of(row).codes, Permission.INCIDENT_READ)
    if not (reaches or row.reported_by == actor.account):
        return False
    return not row.is_closed_off or admits(compartment_of(connection, row.id), actor)


def _shown(row: Any, actor: Actor) -> dict[str, Any]:
    """Return an incident as the edge shows it (`api.md`: `POST /incidents`)."""
    return {
        "id": row.id,
        "matter_no": row.matter_no,
        "state": row.state,
        "level": row.level,
        "category": row.category,
        "severity": row.severity,
        "source": row.source,
        "title": plain(row.title),
        "description": plain(row.description),
        "location": {"lon": row.lon, "lat": row.lat, "crs": "wgs84", "accuracy_m": row.accuracy_m},
        "given_location": {"lon": row.given_lon, "lat": row.given_lat, "crs": row.given_crs},
        "place": place_of(row),
        "observed_at": row.observed_at,
        "reported_at": row.reported_at,
        # Whoever asked not to be named stays unnamed to everyone but himself.
        "reported_by": None
        if row.is_anonymous and row.reported_by != actor.account
        else row.reported_by or None,
        "anonymous": row.is_anonymous,
        "contact": _masked_contact(row),
        "files": row.files,
        "unit": row.unit,
        "handler": row.handler,
        "rework_count": row.rework_count,
        "return_count": row.return_count,
        "reopen_count": row.reopen_count,
        "arbitrated_level": row.arbitrated_level,
        "duplicate_of": row.duplicate_of,
        "closed_off": row.is_closed_off,
        "updated_at": row.updated_at,
        "clocks": [],
    }


_OF_PERSONS = frozenset({"contact", "reported_by", "handler", "given_location"})
_WRITTEN = frozenset({"title", "description"})


def as_exported(shown: dict[str, Any], with_text: bool) -> dict[str, Any]:
    """Return a shown incident as it leaves the platform: without who is concerned (PIPL, article 6).

    What people wrote may name somebody, and goes with it only where it was asked for.
    """
    left_out = _OF_PERSONS if with_text else _OF_PERSONS | _WRITTEN
    return {name: value for name, value in shown.items() if name not in left_out}


def _masked_contact(row: Any) -> dict[str, str] | None:
    contact = None if row.is_anonymous else contact_of(row)
    if contact is None:
        return None
    return {"name": contact.name.masked, "phone": contact.phone.masked}


def _shown_step(row: Any) -> dict[str, Any]:
    return {
        "step": row.step,
        "from_state": row.from_state,
        "to_state": row.to_state,
        "at": row.at,
        "by": row.by or None,  # nobody's any more
        "note": plain(row.note),
        "unit": row.unit,
        "files": row.files,
        **(row.details or {}),
    }


def personal_not_yours() -> Forbidden:
    return Forbidden(
        code="personal_not_yours",
        zh="联系人信息只向该地的值班员、信访干部和本事件的处置人明示，且须说明理由。",
        en="A contact is shown in clear to duty officers and petition clerks of the place and to the incident's "
        "handler, who say why.",
    )


# What questions elsewhere are put together from.
within_reach, admitted_to, may_see = _within_reach, _admitted, _may_see
