"""Incidents, their history, matter numbers, and the first level of the category catalogue."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# The social-governance catalogue's first level (rules INC-02): code, Chinese, English, default
# owner, sensitivity. Finer levels come as an import.
CATEGORIES = [
    ("01", "矛盾纠纷", "Conflict", "mediation", "personal"),
    ("02", "治安隐患/突发案件", "Public order", "police", "none"),
    ("03", "安全生产", "Work safety", "emergency", "none"),
    ("04", "消防", "Fire", "fire", "none"),
    ("05", "生态环境", "Environment", "ecology", "none"),
    ("06", "城市管理", "City order", "urban-management", "none"),
    ("07", "食品药品/市场监管", "Food, drugs and market", "market-supervision", "none"),
    ("08", "道路交通", "Road traffic", "traffic", "none"),
    ("09", "特殊人群服务管理", "Special groups", "police-justice-health", "strict"),
    ("10", "民生服务", "Civil service", "civil-affairs", "personal"),
    ("11", "公共设施", "Facilities", "housing", "none"),
    ("12", "自然灾害/地质/防汛", "Natural disaster", "emergency", "none"),
    ("13", "信访苗头/群体性", "Petition signs, groups", "petition", "strict"),
    ("14", "违法线索", "Clue of an offence", "enforcement", "restricted"),
    ("15", "政策咨询/意见建议", "Advice and suggestions", "service", "none"),
]


def seed_categories(category):
    names = ("code", "zh", "en", "owner", "sensitivity")
    op.bulk_insert(category, [dict(zip(names, row, strict=True)) for row in CATEGORIES])


def unique_where_there_are_no_partitions(column):
    """A constraint of all partitions would have to hold their key."""
    return [] if op.get_bind().dialect.name == "postgresql" else [sa.UniqueConstraint(column)]


def upgrade():
    op.create_table(
        "answered_command",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("answered_command", schema=None) as batch_op:
        batch_op.create_index("ix_answered_command_answered_at", ["answered_at"], unique=False)

    category = op.create_table(
        "category",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("zh", sa.String(length=100), nullable=False),
        sa.Column("en", sa.String(length=100), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("sensitivity", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=True),
        sa.Column("event_type", sa.String(length=120), nullable=False),
        sa.Column("queue", sa.String(length=255), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("died_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("dead_letter", schema=None) as batch_op:
        batch_op.create_index("ix_dead_letter_died_at", ["died_at"], unique=False)

    op.create_table(
        "inbox",
        sa.Column("handler", sa.String(length=120), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("handler", "event_id"),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_received_at", ["received_at"], unique=False)

    op.create_table(
        "inbox_position",
        sa.Column("handler", sa.String(length=120), nullable=False),
        sa.Column("aggregate_id", sa.String(length=120), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("handler", "aggregate_id"),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("matter_no", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("severity", sa.String(length=2), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("given_lon", sa.Float(), nullable=False),
        sa.Column("given_lat", sa.Float(), nullable=False),
        sa.Column("given_crs", sa.String(length=8), nullable=False),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("place_status", sa.String(length=8), nullable=False),
        sa.Column("distance_m", sa.Float(), nullable=True),
        sa.Column("district_code", sa.String(length=64), nullable=True),
        sa.Column("street_code", sa.String(length=64), nullable=True),
        sa.Column("community_code", sa.String(length=64), nullable=True),
        sa.Column("cell_code", sa.String(length=64), nullable=True),
        sa.Column("district_name", sa.String(length=200), nullable=True),
        sa.Column("street_name", sa.String(length=200), nullable=True),
        sa.Column("community_name", sa.String(length=200), nullable=True),
        sa.Column("cell_name", sa.String(length=200), nullable=True),
        sa.Column("boundary_version", sa.Integer(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by", sa.String(length=64), nullable=False),
        sa.Column("is_anonymous", sa.Boolean(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=True),
        sa.Column("handler", sa.String(length=64), nullable=True),
        sa.Column("rework_count", sa.Integer(), nullable=False),
        sa.Column("return_count", sa.Integer(), nullable=False),
        sa.Column("duplicate_of", sa.String(length=64), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        *unique_where_there_are_no_partitions("matter_no"),
        postgresql_partition_by="RANGE (id)",
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index(
            "ix_incident_category", ["category", "reported_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_incident_cell_code", ["cell_code", "reported_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_incident_community_code", ["community_code", "reported_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_incident_district_code", ["district_code", "reported_at", "id"], unique=False
        )
        batch_op.create_index("ix_incident_is_open", ["is_open", "reported_at", "id"], unique=False)
        batch_op.create_index("ix_incident_reported_at", ["reported_at", "id"], unique=False)
        batch_op.create_index(
            "ix_incident_severity", ["severity", "reported_at", "id"], unique=False
        )
        batch_op.create_index("ix_incident_source", ["source", "reported_at", "id"], unique=False)
        batch_op.create_index("ix_incident_state", ["state", "reported_at", "id"], unique=False)
        batch_op.create_index(
            "ix_incident_street_code", ["street_code", "reported_at", "id"], unique=False
        )

    op.create_table(
        "incident_step",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("from_state", sa.String(length=16), nullable=False),
        sa.Column("to_state", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=True),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("incident_step", schema=None) as batch_op:
        batch_op.create_index("ix_incident_step_incident_id", ["incident_id", "at"], unique=False)

    op.create_table(
        "matter_counter",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last_serial", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("event_type", sa.String(length=120), nullable=False),
        sa.Column("aggregate_id", sa.String(length=120), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("aggregate_id", "sequence", name="uq_outbox_aggregate_sequence"),
        sa.UniqueConstraint("event_id"),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_unpublished",
            ["id"],
            unique=False,
            sqlite_where=sa.text("published_at IS NULL"),
            postgresql_where=sa.text("published_at IS NULL"),
        )

    seed_categories(category)


def downgrade():
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_unpublished",
            sqlite_where=sa.text("published_at IS NULL"),
            postgresql_where=sa.text("published_at IS NULL"),
        )

    op.drop_table("outbox")
    op.drop_table("matter_counter")
    with op.batch_alter_table("incident_step", schema=None) as batch_op:
        batch_op.drop_index("ix_incident_step_incident_id")

    op.drop_table("incident_step")
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_index("ix_incident_street_code")
        batch_op.drop_index("ix_incident_state")
        batch_op.drop_index("ix_incident_source")
        batch_op.drop_index("ix_incident_severity")
        batch_op.drop_index("ix_incident_reported_at")
        batch_op.drop_index("ix_incident_is_open")
        batch_op.drop_index("ix_incident_district_code")
        batch_op.drop_index("ix_incident_community_code")
        batch_op.drop_index("ix_incident_cell_code")
        batch_op.drop_index("ix_incident_category")

    op.drop_table("incident")
    op.drop_table("inbox_position")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_received_at")

    op.drop_table("inbox")
    with op.batch_alter_table("dead_letter", schema=None) as batch_op:
        batch_op.drop_index("ix_dead_letter_died_at")

    op.drop_table("dead_letter")
    op.drop_table("category")
    with op.batch_alter_table("answered_command", schema=None) as batch_op:
        batch_op.drop_index("ix_answered_command_answered_at")

    op.drop_table("answered_command")
