"""Rounds of patrol: what was planned, who walks, where they were, and whom nobody heard of."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

LEVELS = ("district", "street", "community", "cell")


def instant(name, nullable=True):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def text(name, length=64, nullable=True):
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def areas(levels=LEVELS):
    return [text(f"{level}_code") for level in levels]


def partial(name, table, column, where, on_sqlite=None):
    op.create_index(
        name,
        table,
        [column],
        sqlite_where=sa.text(on_sqlite or where),
        postgresql_where=sa.text(where),
    )


def upgrade():
    make_rounds()
    make_tracks()
    make_check_ins()
    make_absences()
    make_alarms()


def make_rounds():
    op.create_table(
        "patrol_round",
        sa.Column("id", sa.String(length=36), primary_key=True),
        text("kind", 16, nullable=False),
        text("state", 16, nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=False),
        *areas(),
        *(text(f"{level}_name", 200) for level in LEVELS),
        sa.Column("stops", sa.LargeBinary(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("stop_cells", sa.JSON(), nullable=False),
        sa.Column("officers", sa.JSON(), nullable=False),
        instant("planned_from", nullable=False),
        instant("planned_to", nullable=False),
        sa.Column("least_minutes", sa.Integer(), nullable=False),
        sa.Column("check_in_minutes", sa.Integer()),
        text("planned_by", nullable=False),
        instant("planned_at", nullable=False),
        instant("updated_at", nullable=False),
        instant("started_at"),
        instant("finished_at"),
        sa.Column("cancel_reason", sa.LargeBinary()),
        sa.Column("is_valid", sa.Boolean()),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("points_reached", sa.Integer(), nullable=False),
    )
    op.create_index("ix_patrol_round_finished_at", "patrol_round", ["finished_at"])
    for column in ("state", *(f"{level}_code" for level in LEVELS)):
        op.create_index(f"ix_patrol_round_{column}", "patrol_round", [column, "id"])
    op.create_table(
        "patrol_walker",
        sa.Column("round_id", sa.String(length=36), primary_key=True),
        sa.Column("account", sa.String(length=64), primary_key=True),
        sa.Column("is_out", sa.Boolean(), nullable=False),
        sa.Column("clock_offset_s", sa.Float(), nullable=False),
        instant("last_heard_at"),
        instant("last_check_in_at"),
        instant("check_due_at"),
        instant("silent_at"),
    )
    op.create_index("ix_patrol_walker_account", "patrol_walker", ["account", "round_id"])
    for column in ("check_due_at", "silent_at"):
        partial(f"ix_patrol_walker_{column}", "patrol_walker", column, f"{column} IS NOT NULL")


def make_tracks():
    op.create_table(
        "track_batch",
        sa.Column("id", sa.String(length=36), primary_key=True),
        text("round_id", 36, nullable=False),
        text("account", nullable=False),
        text("device", nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        instant("sent_at", nullable=False),
        instant("received_at", nullable=False),
        sa.Column("clock_offset_s", sa.Float(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("is_placed", sa.Boolean(), nullable=False),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index("ix_track_batch_round", "track_batch", ["round_id", "account"])
    partial("ix_track_batch_to_place", "track_batch", "id", "NOT is_placed", "is_placed = 0")
    op.create_table(
        "officer_position",
        sa.Column("account", sa.String(length=64), primary_key=True),
        text("round_id", 36, nullable=False),
        instant("at", nullable=False),
        sa.Column("position", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "round_visit",
        sa.Column("round_id", sa.String(length=36), primary_key=True),
        sa.Column("cell", sa.String(length=64), primary_key=True),
        instant("first_at", nullable=False),
        instant("last_at", nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
    )
    op.create_index("ix_round_visit_cell", "round_visit", ["cell", "last_at"])


def make_check_ins():
    op.create_table(
        "check_in",
        sa.Column("id", sa.String(length=36), primary_key=True),
        text("round_id", 36, nullable=False),
        text("account", nullable=False),
        text("key", nullable=False),
        sa.Column("point", sa.Integer()),
        instant("at", nullable=False),
        instant("phone_at", nullable=False),
        instant("received_at", nullable=False),
        sa.Column("clock_offset_s", sa.Float(), nullable=False),
        sa.Column("stayed_s", sa.Float(), nullable=False),
        sa.Column("accuracy_m", sa.Float()),
        sa.Column("distance_m", sa.Float()),
        sa.Column("is_valid", sa.Boolean(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        text("cell"),
        sa.Column("position", sa.LargeBinary()),
        sa.UniqueConstraint("round_id", "account", "key"),
    )
    partial("ix_check_in_position_kept", "check_in", "id", "position IS NOT NULL")


def make_absences():
    op.create_table(
        "officer_absence",
        sa.Column("id", sa.String(length=36), primary_key=True),
        text("account", nullable=False),
        text("replaced_by"),
        instant("absent_from", nullable=False),
        instant("absent_to", nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        *areas(LEVELS[:-1]),
        instant("recorded_at", nullable=False),
        text("recorded_by", nullable=False),
        instant("withdrawn_at"),
        text("withdrawn_by"),
    )
    op.create_index("ix_officer_absence_account", "officer_absence", ["account", "absent_to"])
    op.create_index("ix_officer_absence_absent_to", "officer_absence", ["absent_to"])


def make_alarms():
    op.create_table(
        "patrol_alarm",
        sa.Column("id", sa.String(length=36), primary_key=True),
        text("round_id", 36, nullable=False),
        text("account", nullable=False),
        text("kind", 16, nullable=False),
        instant("since", nullable=False),
        *areas(),
        instant("raised_at", nullable=False),
        instant("heard_again_at"),
        instant("acknowledged_at"),
        text("acknowledged_by"),
        sa.Column("note", sa.LargeBinary()),
        sa.UniqueConstraint("round_id", "account", "kind", "since"),
    )
    for level in LEVELS:
        op.create_index(f"ix_patrol_alarm_{level}_code", "patrol_alarm", [f"{level}_code", "id"])
