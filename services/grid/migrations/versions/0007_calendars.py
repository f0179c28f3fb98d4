"""Calendars of years: every version that was set, and the copy every service has of the highest."""

import sqlalchemy as sa
from alembic import op

from shared.runtime.machinery_steps import add_calendars

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    add_calendars(op)
    op.create_table(
        "calendar_year",
        sa.Column("year", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("published_on", sa.Date()),
        sa.Column("days_off", sa.JSON(), nullable=False),
        sa.Column("makeup_days", sa.JSON(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(64), nullable=False),
    )
