"""The clocks of matters, by when they are due."""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "matter_clock",
        sa.Column("matter_no", sa.String(24), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("clock", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("due_at", Instant()),
        sa.Column("runs", sa.Boolean(), nullable=False),
        *(
            sa.Column(f"{level}_code", sa.String(64))
            for level in ("district", "street", "community", "cell")
        ),
    )
    op.create_index(
        "ix_matter_clock_due_at",
        "matter_clock",
        ["due_at", "matter_no", "number"],
        sqlite_where=sa.text("runs = 1"),
        postgresql_where=sa.text("runs"),
    )
