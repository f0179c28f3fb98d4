"""What lies near a place and may be the same has an index of its own."""

from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_incident_category_place", "incident", ["category", "lat", "lon"])
