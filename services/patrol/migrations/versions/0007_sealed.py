"""Personal data sealed, and whom to ask about a report."""

import sqlalchemy as sa
from alembic import op

from shared.runtime.sealing_steps import seal_machinery, seal_text

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    seal_machinery(op)
    seal_text(op, "incident", ("id",), "title", "description")
    seal_text(op, "incident_step", ("id",), "note")
    for column in ("contact_name", "contact_phone", "contact_phone_index"):
        op.add_column("incident", sa.Column(column, sa.LargeBinary()))
    op.create_index("ix_incident_contact", "incident", ["contact_phone_index", "id"])
    has_contact = sa.text("contact_phone IS NOT NULL")
    op.create_index(
        "ix_incident_contact_kept",
        "incident",
        ["id"],
        sqlite_where=has_contact,
        postgresql_where=has_contact,
    )
