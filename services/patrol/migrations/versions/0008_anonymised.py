"""When what people wrote about an incident was forgotten, and what to look through for more to forget."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("incident", sa.Column("anonymised_at", sa.DateTime(timezone=True)))
    op.drop_index("ix_incident_contact_kept", "incident")
    for name, what in (
        ("ix_incident_contact_kept", "contact_phone IS NOT NULL"),
        ("ix_incident_text_kept", "anonymised_at IS NULL"),
    ):
        op.create_index(
            name,
            "incident",
            ["updated_at"],
            sqlite_where=sa.text(f"is_open = 0 AND {what}"),
            postgresql_where=sa.text(f"NOT is_open AND {what}"),
        )
