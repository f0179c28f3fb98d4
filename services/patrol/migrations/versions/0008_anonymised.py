"""When what people wrote about an incident was forgotten, and what to look through for more."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("incident", sa.Column("anonymised_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_incident_text_kept",
        "incident",
        ["updated_at"],
        sqlite_where=sa.text("is_open = 0 AND anonymised_at IS NULL"),
        postgresql_where=sa.text("NOT is_open AND anonymised_at IS NULL"),
    )
