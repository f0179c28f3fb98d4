"""Patrol's tables."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
    not_,
)

from shared.kernel.personal_data import FreeText, PersonName, Phone
from shared.runtime.blind_index import BlindIndex
from shared.runtime.columns import Instant
from shared.runtime.sealed_columns import Sealed
from shared.runtime.tables import add_machinery

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
    Column("workers", JSON, nullable=False, server_default="[]"),
    Column("reopen_count", Integer, nullable=False, server_default="0"),
    Column("arbitrated_level", String(16)),
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
HAS_ENDED = not_(incident_table.c.is_open)
HAS_CONTACT = HAS_ENDED & incident_table.c.contact_phone.is_not(None)
Index(
    "ix_incident_contact_kept",
    incident_table.c.updated_at,
    sqlite_where=HAS_CONTACT,
    postgresql_where=HAS_CONTACT,
)
HAS_TEXT = HAS_ENDED & incident_table.c.anonymised_at.is_(None)
Index(
    "ix_incident_text_kept",
    incident_table.c.updated_at,
    sqlite_where=HAS_TEXT,
    postgresql_where=HAS_TEXT,
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
    # What this kind of step alone has to say.
    Column("details", JSON(none_as_null=True)),
)
Index("ix_incident_step_incident_id", step_table.c.incident_id, step_table.c.at)

# Not by month as incidents are: what is looked for is what is due next, whenever it was reported.
clock_table = Table(
    "incident_clock",
    metadata,
    Column("incident_id", String(36), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("deadline", JSON, nullable=False),
    Column("calendar_version", String(200), nullable=False),
    Column("due_at", Instant),
    Column("warn_at", Instant),
    Column("ended_at", Instant),
    Column("outcome", String(8)),
    Column("near_due_told", Boolean, nullable=False),
    Column("overdue_told", Boolean, nullable=False),
)
RUNS = clock_table.c.ended_at.is_(None)
NEARS = RUNS & not_(clock_table.c.near_due_told)
RUNS_OUT = RUNS & not_(clock_table.c.overdue_told)
for _name, _of, _where in (
    ("ix_incident_clock_warn_at", clock_table.c.warn_at, NEARS),
    ("ix_incident_clock_due_at", clock_table.c.due_at, RUNS_OUT),
    ("ix_incident_clock_calendar", clock_table.c.calendar_version, RUNS),
):
    Index(_name, _of, sqlite_where=_where, postgresql_where=_where)

# Which incident names which uploaded file, in its report or a step; without those that were anonymised.
named_file_table = Table(
    "named_file",
    metadata,
    Column("file_id", String(36), primary_key=True),
    Column("incident_id", String(36), primary_key=True),
)
Index("ix_named_file_incident_id", named_file_table.c.incident_id)

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
