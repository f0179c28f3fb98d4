"""Command's tables: what follows from events alone, and the live stream."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects import postgresql

from shared.kernel.personal_data import FreeText
from shared.kernel.place import AREA_LEVELS
from shared.runtime.columns import Instant
from shared.runtime.sealed_columns import Sealed, SealedJson
from shared.runtime.tables import add_machinery

metadata = MetaData()
add_machinery(metadata)

# Ids sort by time where they are compared byte by byte, whatever the database's language.
_BYTEWISE = String(36).with_variant(postgresql.VARCHAR(36, collation="C"), "postgresql")

matter_table = Table(
    "matter",
    metadata,
    Column("matter_no", String(24), primary_key=True),
    Column("subject", String(16), nullable=False),
    Column("subject_id", String(36), nullable=False),
    Column("state", String(16), nullable=False),
    Column("level", String(16), nullable=False),
    Column("category", String(16), nullable=False),
    Column("severity", String(2), nullable=False),
    Column("source", String(64), nullable=False),
    Column("title", Sealed(FreeText, "matter.title"), nullable=False),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("place", JSON, nullable=False),
    Column("unit", String(64)),
    Column("reported_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("compartment", JSON(none_as_null=True)),
)
# Few are closed to anybody; the board of those who may see them counts them one by one.
Index(
    "ix_matter_compartment",
    matter_table.c.reported_at,
    sqlite_where=matter_table.c.compartment.is_not(None),
    postgresql_where=matter_table.c.compartment.is_not(None),
)

# What early warning looks at is a year of them.
Index("ix_matter_reported_at", matter_table.c.reported_at, matter_table.c.matter_no)

# A whole district's are looked through by when they are due; the codes are those of the matter's place.
clock_table = Table(
    "matter_clock",
    metadata,
    Column("matter_no", String(24), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("clock", JSON, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("due_at", Instant),
    Column("runs", Boolean, nullable=False),
    *(Column(f"{level}_code", String(64)) for level in AREA_LEVELS),
)
Index(
    "ix_matter_clock_due_at",
    clock_table.c.due_at,
    clock_table.c.matter_no,
    clock_table.c.number,
    sqlite_where=clock_table.c.runs,
    postgresql_where=clock_table.c.runs,
)

# What indicators count, one row a matter; nothing in it names anybody.
course_table = Table(
    "matter_course",
    metadata,
    Column("matter_no", String(24), primary_key=True),
    Column("subject_id", String(36), nullable=False),
    *(Column(f"{level}_code", String(64)) for level in AREA_LEVELS),
    Column("spot", BigInteger),
    Column("category", String(16), nullable=False),
    Column("severity", String(2), nullable=False),
    Column("source", String(64), nullable=False),
    Column("level", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("reported_at", Instant, nullable=False),
    Column("reported_day", Integer, nullable=False),
    Column("accept_due_at", Instant),
    Column("accepted_at", Instant),
    Column("dispatch_due_at", Instant),
    Column("dispatched_at", Instant),
    Column("on_site_due_at", Instant),
    Column("on_site_at", Instant),
    Column("has_task", Boolean, nullable=False),
    Column("handle_due_at", Instant),
    Column("handled_at", Instant),
    Column("due_at", Instant),
    Column("filed_at", Instant),
    Column("fed_back_at", Instant),
    Column("ended_at", Instant),
    Column("ended_day", Integer),
    *(
        Column(count, Integer, nullable=False)
        for count in ("dispatches", "arbitrations", "returns", "reworks", "reopens")
    ),
    Column("satisfaction", String(20)),
)
for _dated in ("reported_at", "dispatch_due_at", "due_at"):
    Index(f"ix_matter_course_{_dated}", course_table.c[_dated], course_table.c.matter_no)
# What was done at a spot not long before something happened there again.
Index(
    "ix_matter_course_spot",
    course_table.c.spot,
    course_table.c.ended_day,
    sqlite_where=course_table.c.ended_day.is_not(None),
    postgresql_where=course_table.c.ended_day.is_not(None),
)

dossier_table = Table(
    "dossier_entry",
    metadata,
    Column("event_id", String(36), primary_key=True),
    Column("matter_no", String(24), nullable=False),
    Column("event_type", String(120), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    # Holds the note of each step.
    Column("said", SealedJson("dossier_entry.said"), nullable=False),
)
Index("ix_dossier_entry_matter_no", dossier_table.c.matter_no, dossier_table.c.at)

# What moved on the boards and is not yet in the sums: one row an event, whatever it moves.
board_change_table = Table(
    "board_change",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("codes", JSON, nullable=False),
    Column("day", Date, nullable=False),
    Column("category", String(16), nullable=False),
    Column("left_state", String(16)),
    Column("entered_state", String(16)),
)

# How many matters reported in a span of time stand in each state, and are of each category, at every
# place they lie under. A board is a few rows a place, at ten thousand matters and at a million.
board_table = Table(
    "board_sum",
    metadata,
    Column("place_code", String(64), primary_key=True),
    Column("span", String(5), primary_key=True),
    Column("first_day", Date, primary_key=True),
    Column("counts", JSON, nullable=False),
)

place_table = Table(
    "place",
    metadata,
    Column("code", String(64), primary_key=True),
    Column("level", String(16), nullable=False),
    Column("name", String(200), nullable=False),
    Column("parent_code", String(64)),
)
Index("ix_place_parent_code", place_table.c.parent_code)

stream_table = Table(
    "stream_entry",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("topic", String(32), nullable=False),
    Column("codes", JSON, nullable=False),
    Column("said", JSON, nullable=False),
    Column("at", Instant, nullable=False),
    Column("matter_no", String(24)),
    Column("compartment", JSON(none_as_null=True)),
    # A number is never given again, though the table may be trimmed empty: clients resume by it.
    sqlite_autoincrement=True,
)
Index("ix_stream_entry_at", stream_table.c.at)
Index("ix_stream_entry_matter_no", stream_table.c.matter_no)

# On SQLite a table of its full-text extension has its name and columns.
search_table = Table(
    "search_entry",
    metadata,
    Column("subject_id", _BYTEWISE, primary_key=True),
    Column("matter_no", String(24), nullable=False),
    Column("words", Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=False),
    info={"only_on": "postgresql"},
)
Index(
    "ix_search_entry_words",
    search_table.c.words,
    postgresql_using="gin",
    # What was entered last waits in a list that every search reads to its end: a short one.
    postgresql_with={"gin_pending_list_limit": 256},
)

# What rounds of early warning raised, with its state. No read model: decisions on it stand here alone.
alert_table = Table(
    "alert",
    metadata,
    Column("alert_id", _BYTEWISE, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("category", String(16)),
    Column("areas", JSON, nullable=False),
    Column("cells", JSON, nullable=False),
    Column("figures", JSON, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    Column("owner_place", String(64), nullable=False),
    Column("owner_account", String(64)),
    # Why it was dismissed, or what was found; it may name people.
    Column("note", Sealed(FreeText, "alert.note"), nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", String(64)),
)
Index("ix_alert_seen_at", alert_table.c.seen_at)

# Every area an alert lies under, so that an index answers for those who reach no other.
alert_area_table = Table(
    "alert_area",
    metadata,
    Column("alert_id", _BYTEWISE, primary_key=True),
    Column("code", String(64), primary_key=True),
)
Index("ix_alert_area_code", alert_area_table.c.code, alert_area_table.c.alert_id)

alert_matter_table = Table(
    "alert_matter",
    metadata,
    Column("alert_id", _BYTEWISE, primary_key=True),
    Column("matter_no", String(24), primary_key=True),
)
Index("ix_alert_matter_matter_no", alert_matter_table.c.matter_no)

# Which cells of a boundary version lie side by side; asked of the grid registry once a version.
ground_table = Table(
    "ground",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("cells", JSON, nullable=False),
    Column("borders", JSON, nullable=False),
)

# In the order in which they are emptied: changes on their way into the sums come first.
READ_MODELS = (
    board_change_table,
    board_table,
    matter_table,
    clock_table,
    course_table,
    dossier_table,
    place_table,
    search_table,
)
