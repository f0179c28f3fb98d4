"""Patrol's tables, and incidents in and out of them."""

import threading
import time
from collections import deque
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    false,
    insert,
    not_,
    select,
    update,
)

from services.patrol.domain.anonymised import BLANKS, NOBODY
from services.patrol.domain.incident import OPEN_STATES, Incident, State
from services.patrol.ports import AnonymisedIncident
from shared.contracts.patrol import ANONYMISED, ContactPersonalData
from shared.kernel.compartment import Compartment
from shared.kernel.coordinates import Crs
from shared.kernel.ids import new_id
from shared.kernel.personal_data import FreeText, PersonName, Phone
from shared.kernel.place import NamedArea, Place, PlaceStatus, Point
from shared.runtime.blind_index import BlindIndex, is_same
from shared.runtime.columns import Instant
from shared.runtime.compartments import compartment_of, entries_of, set_compartment
from shared.runtime.database import ServiceDatabase
from shared.runtime.retelling import write_over
from shared.runtime.sealed_columns import Sealed
from shared.runtime.sealing import Sealer
from shared.runtime.tables import add_machinery, compartment_entry
from shared.runtime.upsert import adding
from shared.runtime.work import Work

metadata = MetaData()
add_machinery(metadata)

LEVELS = ("district", "street", "community", "cell")

incident_table = Table(
    "incident",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("matter_no", String(24), nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("level", String(16), nullable=False),
    Column("category", String(16), nullable=False),
    Column("severity", String(2), nullable=False),
    Column("source", String(64), nullable=False),
    Column("title", Sealed(FreeText, "incident.title"), nullable=False),
    Column("description", Sealed(FreeText, "incident.description"), nullable=False),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("given_lon", Float, nullable=False),
    Column("given_lat", Float, nullable=False),
    Column("given_crs", String(8), nullable=False),
    Column("accuracy_m", Float),
    Column("place_status", String(8), nullable=False),
    Column("distance_m", Float),
    *(Column(f"{level}_code", String(64)) for level in LEVELS),
    *(Column(f"{level}_name", String(200)) for level in LEVELS),
    Column("boundary_version", Integer, nullable=False),
    Column("observed_at", Instant, nullable=False),
    Column("reported_at", Instant, nullable=False),
    Column("reported_by", String(64), nullable=False),
    Column("is_anonymous", Boolean, nullable=False),
    Column("files", JSON, nullable=False),
    Column("unit", String(64)),
    Column("handler", String(64)),
    Column("rework_count", Integer, nullable=False),
    Column("return_count", Integer, nullable=False),
    Column("duplicate_of", String(64)),
    Column("updated_at", Instant, nullable=False),
    Column("contact_name", Sealed(PersonName, "incident.contact_name")),
    Column("contact_phone", Sealed(Phone, "incident.contact_phone")),
    # By whom an anonymous report is cannot be asked, so it has none.
    Column("contact_phone_index", BlindIndex("incident.contact_phone")),
    Column("is_closed_off", Boolean, nullable=False, server_default=false()),
    # When what people wrote was forgotten; whatever is done to the incident later begins its time anew.
    Column("anonymised_at", Instant),
    # A constraint of all partitions must hold their key; what keeps numbers apart there is the
    # counter (decision 0012).
    UniqueConstraint("matter_no", info={"only_on": "sqlite"}).ddl_if(dialect="sqlite"),
    # An id is made of the moment of the report, so that its order is that of the reports.
    postgresql_partition_by="RANGE (id)",
)
Index("ix_incident_matter_no", incident_table.c.matter_no, info={"only_on": "postgresql"}).ddl_if(
    dialect="postgresql"
)
# Each list is newest first: what an index finds by its column it gives in the order of the ids.
for _column in (
    "state",
    "category",
    "severity",
    "source",
    "reported_by",
    *(f"{level}_code" for level in LEVELS),
):
    Index(f"ix_incident_{_column}", incident_table.c[_column], incident_table.c.id)
Index("ix_incident_contact", incident_table.c.contact_phone_index, incident_table.c.id)
# What is looked through each hour for what need not be kept any longer.
_HAS_ENDED = not_(incident_table.c.is_open)
_HAS_CONTACT = _HAS_ENDED & incident_table.c.contact_phone.is_not(None)
Index(
    "ix_incident_contact_kept",
    incident_table.c.updated_at,
    sqlite_where=_HAS_CONTACT,
    postgresql_where=_HAS_CONTACT,
)
_HAS_TEXT = _HAS_ENDED & incident_table.c.anonymised_at.is_(None)
Index(
    "ix_incident_text_kept",
    incident_table.c.updated_at,
    sqlite_where=_HAS_TEXT,
    postgresql_where=_HAS_TEXT,
)
Index(
    "ix_incident_is_open",
    incident_table.c.id,
    sqlite_where=incident_table.c.is_open,
    postgresql_where=incident_table.c.is_open,
)

step_table = Table(
    "incident_step",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("incident_id", String(36), nullable=False),
    Column("step", String(16), nullable=False),
    Column("from_state", String(16), nullable=False),
    Column("to_state", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
    Column("note", Sealed(FreeText, "incident_step.note"), nullable=False),
    Column("unit", String(64)),
    Column("files", JSON, nullable=False),
)
Index("ix_incident_step_incident_id", step_table.c.incident_id, step_table.c.at)

matter_counter = Table(
    "matter_counter",
    metadata,
    Column("day", Date, primary_key=True),
    Column("last_serial", Integer, nullable=False),
)

category_table = Table(
    "category",
    metadata,
    Column("code", String(16), primary_key=True),
    Column("zh", String(100), nullable=False),
    Column("en", String(100), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("sensitivity", String(16), nullable=False),
)


_ADD = insert(incident_table)
_HOLD = select(incident_table).where(incident_table.c.id == bindparam("asked")).with_for_update()
# Where and when it was reported never changes.
_STEP_CHANGES = (
    "state",
    "is_open",
    "level",
    "unit",
    "handler",
    "rework_count",
    "return_count",
    "duplicate_of",
    "updated_at",
    "is_closed_off",
)
_REPLACE = (
    update(incident_table)
    .where(incident_table.c.id == bindparam("asked"))
    .values({name: bindparam(name) for name in _STEP_CHANGES} | {"anonymised_at": None})
)
_ADD_STEP = insert(step_table)


def _add_incidents(connection: Connection, rows: list[dict[str, Any]]) -> None:
    connection.execute(_ADD, rows)


def _add_entries(connection: Connection, rows: list[dict[str, Any]]) -> None:
    connection.execute(insert(compartment_entry), rows)


def _add_steps(connection: Connection, rows: list[dict[str, Any]]) -> None:
    connection.execute(_ADD_STEP, rows)


class Serials:
    """The numbers of matters of a day, handed out to every worker of this process.

    On PostgreSQL the day's counter is one row for all copies, held until the transaction ends: each
    report would wait for the one before it. So numbers are taken in blocks, in transactions of
    their own, the larger the faster they go. SQLite has one writer anyway, and leaves no gaps.
    """

    LARGEST = 64
    SOON_S = 1.0

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database
        self._turn = threading.Lock()
        self._day: date | None = None
        self._left: deque[int] = deque()
        self._size = 1
        self._taken_at = 0.0

    def next(self, day: date, work: Work) -> int:
        """Return a number of *day* that nobody else gets."""
        if self._database.is_sqlite:
            return self._count(work.connection, day, 1)
        with self._turn:
            if day != self._day or not self._left:
                self._take_block(day)
            return self._left.popleft()

    def _take_block(self, day: date) -> None:
        was_soon = time.monotonic() - self._taken_at < self.SOON_S
        self._size = min(self._size * 2, self.LARGEST) if was_soon else 1
        with self._database.writing() as connection:
            last = self._count(connection, day, self._size)
        self._taken_at = time.monotonic()
        self._day, self._left = day, deque(range(last - self._size + 1, last + 1))

    @staticmethod
    def _count(connection: Connection, day: date, numbers: int) -> int:
        count = adding(connection.dialect.name, matter_counter, sums="last_serial", returns=True)
        row = connection.execute(count, {"day": day, "last_serial": numbers}).one()
        return int(row.last_serial)


class Catalogue:
    """The codes of the categories, remembered: codes are added and never taken away."""

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database
        self._codes: frozenset[str] = frozenset()

    def has(self, code: str) -> bool:
        if code not in self._codes:
            with self._database.reading() as connection:
                self._codes = frozenset(connection.scalars(select(category_table.c.code)))
        return code in self._codes


@cache
def _serials_of(database: ServiceDatabase) -> Serials:
    return Serials(database)


@cache
def _catalogue_of(database: ServiceDatabase) -> Catalogue:
    return Catalogue(database)


class SqlIncidentStore:
    """Incidents in the database, through the connection the work has open."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def _connection(self) -> Connection:
        return self._work.connection

    def next_serial(self, day: date) -> int:
        return _serials_of(self._work.database).next(day, self._work)

    def has_category(self, code: str) -> bool:
        return _catalogue_of(self._work.database).has(code)

    def add(self, incident: Incident) -> None:
        self._work.write(_add_incidents, row_of(incident))
        for entry in entries_of(incident.incident_id, incident.compartment):
            self._work.write(_add_entries, entry)

    def find(self, incident_id: str) -> Incident | None:
        row = self._connection.execute(_HOLD, {"asked": incident_id}).first()
        if row is None:
            return None
        closed = compartment_of(self._connection, incident_id) if row.is_closed_off else None
        return incident_of(row, closed)

    def close_off(self, incident: Incident) -> None:
        """Keep whom the incident is closed to now."""
        self.replace(incident)
        set_compartment(self._connection, incident.incident_id, incident.compartment)

    def replace(self, incident: Incident) -> None:
        row = row_of(incident)
        changed = {name: row[name] for name in _STEP_CHANGES}
        self._connection.execute(_REPLACE, changed | {"asked": incident.incident_id})

    def add_step(
        self,
        *,
        incident: Incident,
        step: str,
        from_state: str,
        at: datetime,
        by: str,
        note: str,
        unit: str | None,
        files: tuple[str, ...],
    ) -> None:
        self._work.write(
            _add_steps,
            {
                "id": new_id(),
                "incident_id": incident.incident_id,
                "step": step,
                "from_state": from_state,
                "to_state": incident.state,
                "at": at,
                "by": by,
                "note": note,
                "unit": unit,
                "files": list(files),
            },
        )

    def anonymise(
        self, ended_before: datetime, *, at: datetime, at_most: int
    ) -> list[AnonymisedIncident]:
        return anonymise(self._connection, ended_before, at=at, at_most=at_most)


_NO_CONTACT = {"contact_name": None, "contact_phone": None, "contact_phone_index": None}


def forget_contacts(connection: Connection, ended_before: datetime, *, at_most: int) -> int:
    """Forget whom to ask about incidents that ended long ago; return of how many. All else stays."""
    incident = incident_table.c
    due = select(incident.id).where(_HAS_CONTACT, incident.updated_at < ended_before).limit(at_most)
    gone = connection.execute(
        update(incident_table).where(incident.id.in_(due)).values(_NO_CONTACT)
    )
    return int(gone.rowcount)


_NO_TEXT = _NO_CONTACT | {
    "title": FreeText(ANONYMISED),
    "description": FreeText(""),
    "reported_by": NOBODY,
    "handler": None,
}


def anonymise(
    connection: Connection, ended_before: datetime, *, at: datetime, at_most: int
) -> list[AnonymisedIncident]:
    """Forget what people wrote about incidents that ended long ago, and who they were; return which.

    Where, when, of which category and state they are stays as it was. What somebody else holds is
    left for the next time: he may be about to change it.
    """
    incident = incident_table.c
    due = (
        select(incident.id, incident.matter_no, incident.is_closed_off)
        .where(_HAS_TEXT, incident.updated_at < ended_before)
        .order_by(incident.updated_at)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(due).all()
    if not rows:
        return []
    ids = [row.id for row in rows]
    connection.execute(
        update(incident_table).where(incident.id.in_(ids)).values({**_NO_TEXT, "anonymised_at": at})
    )
    connection.execute(
        update(step_table)
        .where(step_table.c.incident_id.in_(ids))
        .values(note=FreeText(""), by=NOBODY)
    )
    write_over(connection, ids, BLANKS)
    return [
        AnonymisedIncident(
            incident_id=row.id,
            matter_no=row.matter_no,
            compartment=compartment_of(connection, row.id) if row.is_closed_off else None,
        )
        for row in rows
    ]


def correct_contact(
    connection: Connection, sealer: Sealer, phone: Phone, corrected: ContactPersonalData
) -> list[str]:
    """Write another name and number wherever a report names *phone*; return the matters' numbers."""
    named = is_same(incident_table.c.contact_phone_index, sealer, phone)
    changed = connection.execute(
        update(incident_table)
        .where(named)
        .values(
            contact_name=corrected.name,
            contact_phone=corrected.phone,
            contact_phone_index=corrected.phone,
        )
        .returning(incident_table.c.matter_no)
    )
    return sorted(changed.scalars())


def row_of(incident: Incident) -> dict[str, Any]:
    """Return the incident as a row of its table."""
    areas = {level: getattr(incident.place, level) for level in LEVELS}
    return {
        "id": incident.incident_id,
        "matter_no": incident.matter_no,
        "state": incident.state.value,
        "is_open": incident.state in OPEN_STATES,
        "level": incident.level,
        "category": incident.category,
        "severity": incident.severity,
        "source": incident.source,
        "title": incident.title,
        "description": incident.description,
        "lon": incident.lon,
        "lat": incident.lat,
        "given_lon": incident.location.lon,
        "given_lat": incident.location.lat,
        "given_crs": incident.location.crs.value,
        "accuracy_m": incident.location.accuracy_m,
        "place_status": incident.place.status.value,
        "distance_m": incident.place.distance_m,
        **{f"{level}_code": area.code if area else None for level, area in areas.items()},
        **{f"{level}_name": area.name if area else None for level, area in areas.items()},
        "boundary_version": incident.place.boundary_version,
        "observed_at": incident.observed_at,
        "reported_at": incident.reported_at,
        "reported_by": incident.reported_by,
        "is_anonymous": incident.is_anonymous,
        "files": list(incident.files),
        "unit": incident.unit,
        "handler": incident.handler,
        "rework_count": incident.rework_count,
        "return_count": incident.return_count,
        "duplicate_of": incident.duplicate_of,
        "updated_at": incident.updated_at,
        "is_closed_off": incident.compartment is not None,
        **_contact_row(incident),
    }


def _contact_row(incident: Incident) -> dict[str, Any]:
    contact = incident.contact
    return {
        "contact_name": contact.name if contact else None,
        "contact_phone": contact.phone if contact else None,
        "contact_phone_index": contact.phone if contact and not incident.is_anonymous else None,
    }


def incident_of(row: Any, compartment: Compartment | None = None) -> Incident:
    """Return the incident that a row of its table holds."""
    return Incident(
        incident_id=row.id,
        matter_no=row.matter_no,
        state=State(row.state),
        level=row.level,
        category=row.category,
        severity=row.severity,
        source=row.source,
        title=row.title,
        description=row.description,
        location=Point(
            lon=row.given_lon,
            lat=row.given_lat,
            crs=Crs(row.given_crs),
            accuracy_m=row.accuracy_m,
        ),
        lon=row.lon,
        lat=row.lat,
        place=place_of(row),
        observed_at=row.observed_at,
        reported_at=row.reported_at,
        reported_by=row.reported_by,
        is_anonymous=row.is_anonymous,
        files=tuple(row.files),
        unit=row.unit,
        handler=row.handler,
        rework_count=row.rework_count,
        return_count=row.return_count,
        duplicate_of=row.duplicate_of,
        updated_at=row.updated_at,
        contact=contact_of(row),
        compartment=compartment,
    )


def contact_of(row: Any) -> ContactPersonalData | None:
    """Return whom the report of a row names to be asked."""
    if row.contact_phone is None:
        return None
    return ContactPersonalData(name=row.contact_name, phone=row.contact_phone)


def place_of(row: Any) -> Place:
    """Return where the incident of a row lies."""
    return Place(
        status=PlaceStatus(row.place_status),
        distance_m=row.distance_m,
        **{level: _area(row, level) for level in LEVELS},
        boundary_version=row.boundary_version,
    )


def _area(row: Any, level: str) -> NamedArea | None:
    code = getattr(row, f"{level}_code")
    return None if code is None else NamedArea(code=code, name=getattr(row, f"{level}_name"))
