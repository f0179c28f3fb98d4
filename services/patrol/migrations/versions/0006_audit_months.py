"""The trail cut by months, with reasons and anchors."""

from alembic import op

from shared.runtime.machinery_steps import add_audit_months

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    add_audit_months(op)
