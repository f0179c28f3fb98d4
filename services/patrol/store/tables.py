"""Patrol's tables."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    false,
    not_,
)

from services.patrol.store import round_tables
from services.patrol.store.metadata import metadata
from shared.kernel.personal_data import FreeText, PersonName, Phone
from shared.kernel.place import AREA_LEVELS
from shared.runtime.blind_index import BlindIndex
from shared.runtime.columns import Instant
from shared.runtime.sealed_columns import Sealed

__all__ = ["metadata", "round_tables"]

incident_table = Table(
    "incident",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("matter_no", String(24), nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("level", String(16), nullable=False),
    Column("category", String(16), nullable=False),
    # In which version of the catalogue it was reported.
    Column("catalogue_version", Integer, nullable=False, server_default="1"),
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
    *(Column(f"{level}_code", String(64)) for level in AREA_LEVELS),
    *(Column(f"{level}_name", String(200)) for level in AREA_LEVELS),
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
    Column("joint", JSON, nullable=False, server_default="[]"),
    Column("supervisions", JSON, nullable=False, server_default="[]"),
    Column("asked_delay", JSON(none_as_null=True)),
    Column("satisfaction", String(24)),
    Column("score", Integer),
    # Where it stood when it was set aside, and since when it goes on elsewhere.
    Column("set_aside", JSON(none_as_null=True)),
    Column("conversion", JSON(none_as_null=True)),
    Column("updated_at", Instant, nullable=False),
    Column("contact_name", Sealed(PersonName, "incident.contact_name")),
    Column("contact_phone", Sealed(Phone, "incident.contact_phone")),
    # By whom an anonymous report is cannot be asked, so it has none.
    Column("contact_phone_index", BlindIndex("incident.contact_phone")),
    Column("is_closed_off", Boolean, nullable=False, server_default=false()),
    # When what people wrote was forgotten; whatever is done to the incident later begins its time anew.
    Column("anonymised_at", Instant),
    # Where it goes by the rules, and why; reports from before there were rules have none.
    Column("routing", JSON(none_as_null=True)),
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
    "level",
    "reported_by",
    *(f"{level}_code" for level in AREA_LEVELS),
):
    Index(f"ix_incident_{_column}", incident_table.c[_column], incident_table.c.id)
# What lies near a place and may be the same: a strip of the latitude, of one category.
Index(
    "ix_incident_category_place",
    incident_table.c.category,
    incident_table.c.lat,
    incident_table.c.lon,
)
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
    Column("urged", Boolean, nullable=False, server_default=false()),
    Column("escalated", Boolean, nullable=False, server_default=false()),
)
RUNS = clock_table.c.ended_at.is_(None)
NEARS = RUNS & not_(clock_table.c.near_due_told)
RUNS_OUT = RUNS & not_(clock_table.c.overdue_told)
TO_URGE = RUNS & not_(clock_table.c.urged)
TO_ESCALATE = RUNS & not_(clock_table.c.escalated)
for _name, _of, _where in (
    ("ix_incident_clock_warn_at", clock_table.c.warn_at, NEARS),
    ("ix_incident_clock_due_at", clock_table.c.due_at, RUNS_OUT),
    ("ix_incident_clock_urged", clock_table.c.warn_at, TO_URGE),
    ("ix_incident_clock_escalated", clock_table.c.due_at, TO_ESCALATE),
    ("ix_incident_clock_calendar", clock_table.c.calendar_version, RUNS),
):
    Index(_name, _of, sqlite_where=_where, postgresql_where=_where)

# One row for what each was merged into, and one for what it is a part of.
link_table = Table(
    "incident_link",
    metadata,
    Column("incident_id", String(36), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("other_id", String(36), nullable=False),
)
Index("ix_incident_link_other_id", link_table.c.other_id)
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

catalogue_version_table = Table(
    "catalogue_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("source", String(200), nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("imported_by", String(64), nullable=False),
    # A draft has none.
    Column("effective_on", Date),
    Column("activated_at", Instant),
    Column("activated_by", String(64)),
)
catalogue_entry_table = Table(
    "catalogue_entry",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("code", String(16), primary_key=True),
    Column("zh", String(100), nullable=False),
    Column("en", String(100), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("sensitivity", String(16), nullable=False),
    Column("parent", String(16)),
)
# Read by the release before versions alone; it goes with the next one.
category_table = Table(
    "category",
    metadata,
    Column("code", String(16), primary_key=True),
    Column("zh", String(100), nullable=False),
    Column("en", String(100), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("sensitivity", String(16), nullable=False),
)

# One row a version of a rule; what came into force is changed no more but for its state.
routing_rule_table = Table(
    "routing_rule",
    metadata,
    Column("rule_id", String(36), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("state", String(8), nullable=False),
    Column("says", JSON, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
)
Index("ix_routing_rule_state", routing_rule_table.c.state, routing_rule_table.c.rule_id)

# What was done to rules; only ever added to.
routing_change_table = Table(
    "routing_change",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("rule_id", String(36), nullable=False),
    Column("version", Integer, nullable=False),
    Column("what", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
    Column("note", String(500), nullable=False),
    Column("set_version", Integer),
    Column("says", JSON, nullable=False),
)
Index("ix_routing_change_rule_id", routing_change_table.c.rule_id, routing_change_table.c.id)

# All that was in force together, whole, from one moment to the next row's; only ever added to.
routing_set_table = Table(
    "routing_set",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
    Column("note", String(64), nullable=False),
    Column("rules", JSON, nullable=False),
    Column("departments", JSON, nullable=False),
)
Index("ix_routing_set_at", routing_set_table.c.at)

# A rule that could not be followed under a set; its id is made of those and the reason.
routing_finding_table = Table(
    "routing_finding",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("set_version", Integer, nullable=False),
    Column("rule_id", String(36), nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("code", String(64), nullable=False),
    Column("times", Integer, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", String(64)),
    Column("note", String(500)),
)
Index("ix_routing_finding_set", routing_finding_table.c.set_version, routing_finding_table.c.id)
