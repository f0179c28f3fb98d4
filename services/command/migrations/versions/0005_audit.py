"""The audit trail."""

from alembic import op

from shared.runtime.machinery_steps import add_audit

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    add_audit(op)
