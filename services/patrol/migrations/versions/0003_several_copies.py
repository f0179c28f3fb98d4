"""Several copies of the service: leases, numbered aggregates, shards of the outbox."""

from alembic import op

from shared.runtime.machinery_steps import add_leases_and_positions

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    add_leases_and_positions(op)
