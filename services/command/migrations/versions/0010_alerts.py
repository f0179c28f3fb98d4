"""Alerts of early warning with their evidence, and which cells lie side by side."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.runtime.columns import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BYTEWISE = sa.String(36).with_variant(postgresql.VARCHAR(36, collation="C"), "postgresql")


def upgrade():
    op.create_index("ix_matter_reported_at", "matter", ["reported_at", "matter_no"])
    op.create_table(
        "alert",
        sa.Column("alert_id", BYTEWISE, primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("category", sa.String(16)),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("owner_place", sa.String(64), nullable=False),
        sa.Column("owner_account", sa.String(64)),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("raised_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("decided_at", Instant()),
        sa.Column("decided_by", sa.String(64)),
    )
    op.create_index("ix_alert_seen_at", "alert", ["seen_at"])
    op.create_table(
        "alert_area",
        sa.Column("alert_id", BYTEWISE, primary_key=True),
        sa.Column("code", sa.String(64), primary_key=True),
    )
    op.create_index("ix_alert_area_code", "alert_area", ["code", "alert_id"])
    op.create_table(
        "alert_matter",
        sa.Column("alert_id", BYTEWISE, primary_key=True),
        sa.Column("matter_no", sa.String(24), primary_key=True),
    )
    op.create_index("ix_alert_matter_matter_no", "alert_matter", ["matter_no"])
    op.create_table(
        "ground",
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("borders", sa.JSON(), nullable=False),
    )


def downgrade():
    for table in ("ground", "alert_matter", "alert_area", "alert"):
        op.drop_table(table)
    op.drop_index("ix_matter_reported_at", "matter")
