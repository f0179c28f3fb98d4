"""Personal data sealed."""

from alembic import op

from shared.runtime.sealing_steps import seal_machinery

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    seal_machinery(op)
