"""Whom matters are closed to, and which matter a line of the stream is about."""

import sqlalchemy as sa
from alembic import op

from shared.runtime.machinery_steps import add_compartments

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    add_compartments(op)
    op.add_column("matter", sa.Column("compartment", sa.JSON(none_as_null=True)))
    op.create_index(
        "ix_matter_compartment",
        "matter",
        ["reported_at"],
        sqlite_where=sa.text("compartment IS NOT NULL"),
        postgresql_where=sa.text("compartment IS NOT NULL"),
    )
    op.add_column("stream_entry", sa.Column("matter_no", sa.String(24)))
    op.add_column("stream_entry", sa.Column("compartment", sa.JSON(none_as_null=True)))
    op.create_index("ix_stream_entry_matter_no", "stream_entry", ["matter_no"])
