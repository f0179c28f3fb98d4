"""Joint units, supervisions, delays that are asked for, evaluation, and what the platform pressed by itself."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade():
    for column in (
        sa.Column("joint", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("supervisions", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("asked_delay", sa.JSON()),
        sa.Column("satisfaction", sa.String(length=24)),
        sa.Column("score", sa.Integer()),
    ):
        op.add_column("incident", column)
    op.create_index("ix_incident_level", "incident", ["level", "id"])
    for mark, column in (("urged", "warn_at"), ("escalated", "due_at")):
        op.add_column(
            "incident_clock",
            sa.Column(mark, sa.Boolean(), nullable=False, server_default=sa.false()),
        )
        op.create_index(
            f"ix_incident_clock_{mark}",
            "incident_clock",
            [column],
            sqlite_where=sa.text(f"ended_at IS NULL AND {mark} = 0"),
            postgresql_where=sa.text(f"ended_at IS NULL AND NOT {mark}"),
        )
