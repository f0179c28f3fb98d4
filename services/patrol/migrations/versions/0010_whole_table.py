"""Who worked on a task, who decided on its returns, how often it was opened again, and what a step alone says."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    for column in (
        sa.Column("workers", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("reopen_count", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("arbitrated_level", sa.String(length=16)),
    ):
        op.add_column("incident", column)
    op.add_column("incident_step", sa.Column("details", sa.JSON()))
    # Until now whoever signed or gave feedback last was all that was known.
    made = "json_build_array" if op.get_bind().dialect.name == "postgresql" else "json_array"
    op.execute(
        f"UPDATE incident SET workers = {made}(handler) WHERE handler IS NOT NULL AND is_open"  # noqa: S608
    )
