"""Lists are read in the order of the ids, which is that of the reports."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LEVELS = ("district_code", "street_code", "community_code", "cell_code")
BY_TIME = ("state", "category", "severity", "source", "is_open", *LEVELS)
BY_ID = ("state", "category", "severity", "source", "reported_by", *LEVELS)


def upgrade():
    for column in BY_TIME:
        op.drop_index(f"ix_incident_{column}", "incident")
    op.drop_index("ix_incident_reported_at", "incident")
    for column in BY_ID:
        op.create_index(f"ix_incident_{column}", "incident", [column, "id"])
    is_open = sa.text("is_open" if on_postgresql() else "is_open = 1")
    op.create_index(
        "ix_incident_is_open",
        "incident",
        ["id"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    if on_postgresql():
        op.create_index("ix_incident_matter_no", "incident", ["matter_no"])


def downgrade():
    if on_postgresql():
        op.drop_index("ix_incident_matter_no", "incident")
    op.drop_index("ix_incident_is_open", "incident")
    for column in BY_ID:
        op.drop_index(f"ix_incident_{column}", "incident")
    op.create_index("ix_incident_reported_at", "incident", ["reported_at", "id"])
    for column in BY_TIME:
        op.create_index(f"ix_incident_{column}", "incident", [column, "reported_at", "id"])


def on_postgresql():
    return op.get_bind().dialect.name == "postgresql"
