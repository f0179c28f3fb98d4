"""The tables every service has beside its own: outbox, inbox, leases, answers, dead letters, audit."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

from shared.runtime.columns import Instant, Serial
from shared.runtime.sealed_columns import EventBody, SealedJson

machinery = MetaData()

# On PostgreSQL its migration makes it of monthly partitions, by the time in `event_id`.
outbox = Table(
    "outbox",
    machinery,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("event_id", String(36), nullable=False, unique=True),
    Column("event_type", String(120), nullable=False),
    Column("aggregate_id", String(120), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("payload", EventBody, nullable=False),
    Column("published_at", Instant),
    # Which relay sends it: all events of an aggregate are of one shard.
    Column("shard", SmallInteger, nullable=False, server_default="0"),
    # When the broker last gave it back because no queue wanted it.
    Column("returned_at", Instant),
)
Index("ix_outbox_aggregate_id", outbox.c.aggregate_id, outbox.c.sequence)
Index(
    "ix_outbox_unpublished",
    outbox.c.id,
    sqlite_where=outbox.c.published_at.is_(None),
    postgresql_where=outbox.c.published_at.is_(None),
)

# The number of the last event told of each aggregate. Its row is held until the transaction ends, so
# two that tell of one aggregate at once come one after the other.
outbox_position = Table(
    "outbox_position",
    machinery,
    Column("aggregate_id", String(120), primary_key=True),
    Column("sequence", Integer, nullable=False),
)

# What one copy of a service does for all copies until a moment: a shard of the outbox, a timer.
lease = Table(
    "lease",
    machinery,
    Column("name", String(120), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", Instant, nullable=False),
)

inbox = Table(
    "inbox",
    machinery,
    Column("handler", String(120), primary_key=True),
    Column("event_id", String(36), primary_key=True),
    Column("received_at", Instant, nullable=False),
)
Index("ix_inbox_received_at", inbox.c.received_at)

# How far each handler has come with each aggregate, for handlers that keep the order.
inbox_position = Table(
    "inbox_position",
    machinery,
    Column("handler", String(120), primary_key=True),
    Column("aggregate_id", String(120), primary_key=True),
    Column("sequence", Integer, nullable=False),
)

answered_command = Table(
    "answered_command",
    machinery,
    Column("key", String(200), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    # What was answered may hold all that the answer shows.
    Column("answer", SealedJson("answered_command.answer")),
    Column("answered_at", Instant, nullable=False),
)
Index("ix_answered_command_answered_at", answered_command.c.answered_at)

dead_letter = Table(
    "dead_letter",
    machinery,
    Column("id", String(36), primary_key=True),
    Column("event_id", String(36)),
    Column("event_type", String(120), nullable=False),
    Column("queue", String(255), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("payload", SealedJson("dead_letter.payload"), nullable=False),
    Column("died_at", Instant, nullable=False),
    Column("replayed_at", Instant),
)
Index("ix_dead_letter_died_at", dead_letter.c.died_at)

# Whom records are closed to (`shared.kernel.compartment`): one row for each unit or account.
compartment_entry = Table(
    "compartment_entry",
    machinery,
    Column("record_id", String(36), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("subject", String(64), primary_key=True),
)

# What was done or refused, by whom; chained (`shared.kernel.audit_chain`), and only ever added to.
# On PostgreSQL its migration makes it of monthly partitions, by `month`: that of `at`, or of the row
# before if that is later, so that a month is always a span of numbers.
audit_entry = Table(
    "audit_entry",
    machinery,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("account", String(64), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("place_code", String(64)),
    Column("call_id", String(64), nullable=False),
    Column("action", String(120), nullable=False),
    Column("about", String(64)),
    Column("outcome", String(64), nullable=False),
    # Why something was read, in the reader's words; and what was shown, where that is more than one thing.
    Column("reason", String(200)),
    Column("shown", JSON(none_as_null=True)),
    Column("algorithm", String(8), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("month", Date, nullable=False),
)
for _name, _where in (
    ("at", None),
    ("account", None),
    ("action", None),
    ("about", audit_entry.c.about.is_not(None)),
    # Nearly all is done: what was refused is found without reading that.
    ("outcome", audit_entry.c.outcome != "done"),
):
    Index(
        f"ix_audit_entry_{_name}",
        *dict.fromkeys((audit_entry.c[_name], audit_entry.c.at, audit_entry.c.number)),
        sqlite_where=_where,
        postgresql_where=_where,
    )

# Where trails ended at a moment: another service's, kept for it, or this one's own, as a memory of what
# was told last. Only ever added to.
audit_anchor = Table(
    "audit_anchor",
    machinery,
    Column("service", String(64), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False),
    Column("algorithm", String(8), nullable=False),
    Column("at", Instant, nullable=False),
)

# The calendars an administrator set, as the grid registry told of them: the highest version of each year
# alone (`shared.runtime.calendars`).
calendar_copy = Table(
    "calendar_copy",
    machinery,
    Column("year", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("source", String(200), nullable=False),
    Column("days_off", JSON, nullable=False),
    Column("makeup_days", JSON, nullable=False),
)

# On PostgreSQL another role than the service's owns these.
TRAIL = (audit_entry.name, audit_anchor.name)


def add_machinery(metadata: MetaData) -> None:
    """Put the machinery's tables beside a service's own, so that its migrations cover them."""
    for table in machinery.tables.values():
        table.to_metadata(metadata)
