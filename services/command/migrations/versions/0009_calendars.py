"""The calendars that were set after the platform came with its own."""

from alembic import op

from shared.runtime.machinery_steps import add_calendars

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    add_calendars(op)
