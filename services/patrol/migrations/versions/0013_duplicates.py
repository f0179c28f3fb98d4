"""What may be the same is found by its place; what was merged, or is a part of another, and what goes on elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
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
