"""Personal data sealed."""

from alembic import op

from shared.runtime.sealing_steps import seal_json, seal_machinery, seal_text

revision = "0104"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    seal_machinery(op)
    seal_text(op, "matter", ("matter_no",), "title")
    seal_json(op, "dossier_entry", ("event_id",), "said")
