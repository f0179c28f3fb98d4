"""Personal data sealed, and the search index empty: rebuilding the read models fills it with blind words."""

from alembic import op

from shared.runtime.sealing_steps import seal_json, seal_machinery, seal_text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    seal_machinery(op)
    seal_text(op, "matter", ("matter_no",), "title")
    seal_json(op, "dossier_entry", ("event_id",), "said")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("TRUNCATE search_entry")
        return
    # Deleted rows would stay in the pages of a full-text table until they are merged.
    op.execute("DROP TABLE search_entry")
    op.execute(
        "CREATE VIRTUAL TABLE search_entry USING fts5("
        "subject_id UNINDEXED, matter_no UNINDEXED, words, tokenize = \"ascii tokenchars '@'\")"
    )
