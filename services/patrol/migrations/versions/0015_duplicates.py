"""What may be the same is found by its place; what was merged, or is a part of another, what goes on elsewhere, and the catalogue has versions."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_incident_category_place", "incident", ["category", "lat", "lon"])
    op.add_column("incident", sa.Column("set_aside", sa.JSON()))
    op.add_column("incident", sa.Column("conversion", sa.JSON()))
    op.create_table(
        "incident_link",
        sa.Column("incident_id", sa.String(length=36), primary_key=True),
        sa.Column("kind", sa.String(length=16), primary_key=True),
        sa.Column("other_id", sa.String(length=36), nullable=False),
    )
    op.create_index("ix_incident_link_other_id", "incident_link", ["other_id"])
    versions_of_the_catalogue()


def versions_of_the_catalogue():
    op.add_column(
        "incident",
        sa.Column("catalogue_version", sa.Integer(), nullable=False, server_default="1"),
    )
    op.create_table(
        "catalogue_version",
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.String(length=64), nullable=False),
        sa.Column("effective_on", sa.Date()),
        sa.Column("activated_at", sa.DateTime(timezone=True)),
        sa.Column("activated_by", sa.String(length=64)),
    )
    op.create_table(
        "catalogue_entry",
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("code", sa.String(length=16), primary_key=True),
        sa.Column("zh", sa.String(length=100), nullable=False),
        sa.Column("en", sa.String(length=100), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("sensitivity", sa.String(length=16), nullable=False),
        sa.Column("parent", sa.String(length=16)),
    )
    # What the platform came with is version 1, in force since before anything was reported.
    op.execute(
        "INSERT INTO catalogue_version (version, source, imported_at, imported_by, effective_on)"
        " VALUES (1, '平台自带一级目录 · the first level the platform comes with',"
        " '2004-01-01 00:00:00+00:00', 'platform', '2000-01-01')"
    )
    op.execute(
        "INSERT INTO catalogue_entry (version, code, zh, en, owner, sensitivity)"
        " SELECT 1, code, zh, en, owner, sensitivity FROM category"
    )
