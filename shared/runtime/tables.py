"""The tables every service has beside its own: outbox, inbox, leases, answers, dead letters, audit."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

from shared.runtime.columns import Instant, Serial

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
    Column("payload", JSON, nullable=False),
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
    Column("answer", JSON),
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
    Column("payload", Text, nullable=False),
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
    Column("algorithm", String(8), nullable=False),
    Column("digest", String(64), nullable=False),
)
Index("ix_audit_entry_account", audit_entry.c.account, audit_entry.c.number)
Index("ix_audit_entry_about", audit_entry.c.about, audit_entry.c.number)


def add_machinery(metadata: MetaData) -> None:
    """Put the machinery's tables beside a service's own, so that its migrations cover them."""
    for table in machinery.tables.values():
        table.to_metadata(metadata)
