"""Uploaded files that nobody names: since when they are going, and bytes that are left to be removed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("file", sa.Column("named_at", sa.DateTime(timezone=True)))
    op.add_column("file", sa.Column("going_at", sa.DateTime(timezone=True)))
    op.create_index("ix_file_digest", "file", ["digest"])
    op.create_table("unneeded_bytes", sa.Column("digest", sa.String(64), primary_key=True))
