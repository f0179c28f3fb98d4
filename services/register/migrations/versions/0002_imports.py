"""Imports and their rows."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "record_import",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("headings", sa.JSON(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("checked", sa.Integer(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_record_import_state", "record_import", ["state", "updated_at"])
    op.create_table(
        "import_row",
        sa.Column("import_id", sa.String(36), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("key_digest", sa.LargeBinary()),
        sa.Column("action", sa.String(8)),
        sa.Column("target", sa.String(36)),
        sa.Column("target_version", sa.Integer()),
        sa.Column("errors", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(8)),
    )
    op.create_index("ix_import_row_key_digest", "import_row", ["import_id", "key_digest"])
