"""What indicators count of each matter; of matters there are already, `wangge rebuild-read-models` makes it."""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

DATED = ("reported_at", "dispatch_due_at", "due_at")


def upgrade():
    op.create_table(
        "matter_course",
        sa.Column("matter_no", sa.String(24), primary_key=True),
        sa.Column("subject_id", sa.String(36), nullable=False),
        *(
            sa.Column(f"{level}_code", sa.String(64))
            for level in ("district", "street", "community", "cell")
        ),
        sa.Column("spot", sa.BigInteger()),
        sa.Column("category", sa.String(16), nullable=False),
        sa.Column("severity", sa.String(2), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("reported_at", Instant(), nullable=False),
        sa.Column("reported_day", sa.Integer(), nullable=False),
        *(
            sa.Column(name, Instant())
            for name in (
                "accept_due_at",
                "accepted_at",
                "dispatch_due_at",
                "dispatched_at",
                "on_site_due_at",
                "on_site_at",
            )
        ),
        sa.Column("has_task", sa.Boolean(), nullable=False),
        *(
            sa.Column(name, Instant())
            for name in (
                "handle_due_at",
                "handled_at",
                "due_at",
                "filed_at",
                "fed_back_at",
                "ended_at",
            )
        ),
        sa.Column("ended_day", sa.Integer()),
        *(
            sa.Column(count, sa.Integer(), nullable=False)
            for count in ("dispatches", "arbitrations", "returns", "reworks", "reopens")
        ),
        sa.Column("satisfaction", sa.String(32)),
    )
    for dated in DATED:
        op.create_index(f"ix_matter_course_{dated}", "matter_course", [dated, "matter_no"])
    op.create_index(
        "ix_matter_course_spot",
        "matter_course",
        ["spot", "ended_day"],
        sqlite_where=sa.text("ended_day IS NOT NULL"),
        postgresql_where=sa.text("ended_day IS NOT NULL"),
    )


def downgrade():
    op.drop_table("matter_course")
