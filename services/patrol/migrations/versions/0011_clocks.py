"""The clocks of incidents."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "incident_clock",
        sa.Column("incident_id", sa.String(length=36), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("deadline", sa.JSON(), nullable=False),
        sa.Column("calendar_version", sa.String(length=200), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("warn_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.String(length=8)),
        sa.Column("near_due_told", sa.Boolean(), nullable=False),
        sa.Column("overdue_told", sa.Boolean(), nullable=False),
    )
    for name, column, where in (
        ("ix_incident_clock_warn_at", "warn_at", "ended_at IS NULL AND {} near_due_told"),
        ("ix_incident_clock_due_at", "due_at", "ended_at IS NULL AND {} overdue_told"),
        ("ix_incident_clock_calendar", "calendar_version", "ended_at IS NULL"),
    ):
        on_sqlite = where.format("") + (" = 0" if "{}" in where else "")
        op.create_index(
            name,
            "incident_clock",
            [column],
            sqlite_where=sa.text(on_sqlite),
            postgresql_where=sa.text(where.format("NOT")),
        )
