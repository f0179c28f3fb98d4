"""Personal data sealed."""

from alembic import op

from shared.runtime.sealing_steps import seal_machinery, seal_text

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    seal_machinery(op)
    seal_text(op, "account", ("account",), "name")
    seal_text(op, "second_factor", ("account",), "secret")
