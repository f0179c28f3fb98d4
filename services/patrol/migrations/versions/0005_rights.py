"""Whom incidents are closed to."""

import sqlalchemy as sa
from alembic import op

from shared.runtime.machinery_steps import add_compartments

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    add_compartments(op)
    op.add_column(
        "incident",
        sa.Column("is_closed_off", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
