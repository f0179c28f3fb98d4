"""What of the matters can be found; what was told before is entered by rebuilding the read models."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE search_entry USING fts5("
            "subject_id UNINDEXED, matter_no UNINDEXED, words, tokenize = \"ascii tokenchars '@'\")"
        )
        return
    op.create_table(
        "search_entry",
        sa.Column("subject_id", sa.String(36, collation="C"), nullable=False),
        sa.Column("matter_no", sa.String(24), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id"),
    )
    op.create_index(
        "ix_search_entry_words",
        "search_entry",
        ["words"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 256},
    )


def downgrade():
    op.drop_table("search_entry")
