"""Indexes for lists that name no place, or a type that few are of."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_record_kind", "record", ["kind", "state", "id"])
    op.create_index("ix_record_type", "record", ["kind", "state", "type", "id"])
