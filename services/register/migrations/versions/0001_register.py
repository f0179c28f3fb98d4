"""The register: records with their history and relations, beside the machinery as it is today."""

import sqlalchemy as sa
from alembic import op

from shared.runtime.machinery_steps import (
    add_audit,
    add_audit_months,
    add_calendars,
    add_compartments,
    add_leases_and_positions,
)
from shared.runtime.sealing_steps import seal_machinery

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LEVELS = ("district", "street", "community", "cell")


def upgrade():
    make_first_machinery()
    add_leases_and_positions(op)
    add_audit(op)
    add_compartments(op)
    add_audit_months(op)
    seal_machinery(op)
    add_calendars(op)
    make_records()
    make_changes_and_relations()


def make_first_machinery():
    """Make what the first services began with; the steps above make of it what they have now."""
    op.create_table(
        "answered_command",
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("answer", sa.JSON()),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_answered_command_answered_at", "answered_command", ["answered_at"])
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("event_id", sa.String(36)),
        sa.Column("event_type", sa.String(120), nullable=False),
        sa.Column("queue", sa.String(255), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("died_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replayed_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_dead_letter_died_at", "dead_letter", ["died_at"])
    op.create_table(
        "inbox",
        sa.Column("handler", sa.String(120), primary_key=True),
        sa.Column("event_id", sa.String(36), primary_key=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"])
    op.create_table(
        "inbox_position",
        sa.Column("handler", sa.String(120), primary_key=True),
        sa.Column("aggregate_id", sa.String(120), primary_key=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("event_id", sa.String(36), nullable=False, unique=True),
        sa.Column("event_type", sa.String(120), nullable=False),
        sa.Column("aggregate_id", sa.String(120), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("aggregate_id", "sequence", name="uq_outbox_aggregate_sequence"),
    )
    unpublished = sa.text("published_at IS NULL")
    op.create_index(
        "ix_outbox_unpublished",
        "outbox",
        ["id"],
        sqlite_where=unpublished,
        postgresql_where=unpublished,
    )


def make_records():
    op.create_table(
        "record",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("name", sa.String(200)),
        sa.Column("type", sa.String(64)),
        sa.Column("source_no", sa.String(64)),
        sa.Column("credit_code", sa.String(18)),
        sa.Column("rented", sa.Boolean()),
        sa.Column("person_name", sa.LargeBinary()),
        sa.Column("id_number", sa.LargeBinary()),
        sa.Column("id_number_index", sa.LargeBinary()),
        sa.Column("phone", sa.LargeBinary()),
        sa.Column("phone_index", sa.LargeBinary()),
        sa.Column("address", sa.LargeBinary()),
        sa.Column("attention", sa.LargeBinary(), nullable=False),
        sa.Column("fenced_version", sa.Integer(), nullable=False),
        sa.Column("house_id", sa.String(36)),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("place_status", sa.String(8), nullable=False),
        sa.Column("distance_m", sa.Float()),
        *(sa.Column(f"{level}_code", sa.String(64)) for level in LEVELS),
        *(sa.Column(f"{level}_name", sa.String(200)) for level in LEVELS),
        sa.Column("boundary_version", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date()),
        sa.Column("merged_into", sa.String(36)),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("anonymised_at", sa.DateTime(timezone=True)),
    )
    for level in LEVELS:
        columns = [f"{level}_code", "kind", "state", "id"]
        op.create_index(f"ix_record_{level}_code", "record", columns)
    for name in ("id_number_index", "phone_index", "credit_code", "house_id"):
        op.create_index(f"ix_record_{name}", "record", [name, "id"])
    op.create_index("ix_record_source_no", "record", ["kind", "source_no"])
    for name, columns, where in (
        ("boundary_version", ["boundary_version", "id"], "state = 'present'"),
        ("ended_on", ["ended_on"], "state != 'present' AND anonymised_at IS NULL"),
    ):
        op.create_index(
            f"ix_record_{name}",
            "record",
            columns,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )


def make_changes_and_relations():
    op.create_table(
        "record_change",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("record_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(64)),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("was", sa.LargeBinary(), nullable=False),
        sa.Column("is_fenced", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_record_change_record_id", "record_change", ["record_id", "id"])
    op.create_table(
        "relation",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("of_id", sa.String(36)),
        sa.Column("account", sa.String(64)),
        sa.Column("to_id", sa.String(36), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date()),
        sa.Column("entered_by", sa.String(64), nullable=False),
    )
    op.create_index("ix_relation_of_id", "relation", ["of_id"])
    op.create_index("ix_relation_to_id", "relation", ["to_id"])
    op.create_table(
        "boundary_in_force",
        sa.Column("id", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=False),
    )
