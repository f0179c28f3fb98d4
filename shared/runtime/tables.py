"""The tables every service has beside its own: outbox, inbox, answered commands, dead letters."""

from sqlalchemy import (
    JSON,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from shared.runtime.columns import Instant

machinery = MetaData()

outbox = Table(
    "outbox",
    machinery,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("event_id", String(36), nullable=False, unique=True),
    Column("event_type", String(120), nullable=False),
    Column("aggregate_id", String(120), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("published_at", Instant),
    # Two transactions that tell of one aggregate at once: the second fails, and is tried again.
    UniqueConstraint("aggregate_id", "sequence", name="uq_outbox_aggregate_sequence"),
)
Index(
    "ix_outbox_unpublished",
    outbox.c.id,
    sqlite_where=outbox.c.published_at.is_(None),
    postgresql_where=outbox.c.published_at.is_(None),
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


def add_machinery(metadata: MetaData) -> None:
    """Put the machinery's tables beside a service's own, so that its migrations cover them."""
    for table in machinery.tables.values():
        table.to_metadata(metadata)
