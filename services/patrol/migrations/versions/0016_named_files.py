"""Which incident names which uploaded file, with all that is named already."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_AT_ONCE = 5_000
_LONGEST = 36
# A month that was taken out of the table is not yet thrown away, and names its files.
_DETACHED = """
    SELECT relname FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND NOT relispartition
    AND relname ~ '^incident_y[0-9]{4}m[0-9]{2}$'
"""
_NAMED = sa.text(
    "INSERT INTO named_file (file_id, incident_id) VALUES (:file_id, :incident_id) ON CONFLICT DO NOTHING"
)


def upgrade():
    op.create_table(
        "named_file",
        sa.Column("file_id", sa.String(36), primary_key=True),
        sa.Column("incident_id", sa.String(36), primary_key=True),
    )
    op.create_index("ix_named_file_incident_id", "named_file", ["incident_id"])
    bind = op.get_bind()
    anonymised_at = sa.column("anonymised_at")
    _enter(bind, _incidents("incident").where(anonymised_at.is_(None)))
    for table in _detached(bind):
        _enter(bind, _incidents(table))
    _enter(bind, _steps())


def _detached(bind):
    is_cut = bind.dialect.name == "postgresql"
    return bind.scalars(sa.text(_DETACHED)).all() if is_cut else ()


def _incidents(table):
    """Select those of a table that name files, as id, incident, and two columns of them."""
    row = sa.table(table, sa.column("id"), sa.column("files", sa.JSON))
    return sa.select(
        row.c.id, row.c.id.label("incident_id"), row.c.files, sa.null().label("details")
    ).where(sa.text("CAST(files AS TEXT) <> '[]'"))


def _steps():
    """Select the steps that name files, but of what was anonymised."""
    of = sa.table("incident", sa.column("id"), sa.column("anonymised_at"))
    row = sa.table(
        "incident_step",
        sa.column("id"),
        sa.column("incident_id"),
        sa.column("files", sa.JSON),
        sa.column("details", sa.JSON),
    )
    anonymised = sa.exists().where(of.c.id == row.c.incident_id, of.c.anonymised_at.is_not(None))
    names = sa.text("(CAST(files AS TEXT) <> '[]' OR details IS NOT NULL)")
    return sa.select(row.c.id, row.c.incident_id, row.c.files, row.c.details).where(
        names, ~anonymised
    )


def _enter(bind, selected):
    """Enter what is named, some thousand rows at a time, by their ids."""
    id_, last = selected.selected_columns[0], ""
    while True:
        some = selected.where(id_ > last).order_by(id_).limit(_AT_ONCE)
        rows = bind.execute(some).all()
        named = [
            {"file_id": file_id, "incident_id": row.incident_id}
            for row in rows
            for file_id in (*row.files, *(row.details or {}).get("before", ()))
            if len(file_id) <= _LONGEST
        ]
        if named:
            bind.execute(_NAMED, named)
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1].id
