"""Whom records are closed to."""

from alembic import op

from shared.runtime.machinery_steps import add_compartments

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    add_compartments(op)
