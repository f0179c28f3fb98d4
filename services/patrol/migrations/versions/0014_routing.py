"""Routing rules, the sets of them that were in force, what was found wrong with them, and where each incident goes."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Whom the catalogue names as owners (rules INC-02), and the water authority.
DEPARTMENTS = {
    "mediation": ("矛盾纠纷调解中心", "Mediation centre"),
    "police": ("公安分局", "Police"),
    "emergency": ("应急管理局", "Emergency management bureau"),
    "fire": ("消防救援大队", "Fire and rescue"),
    "ecology": ("生态环境分局", "Ecology and environment bureau"),
    "urban-management": ("城市管理执法局", "Urban management bureau"),
    "market-supervision": ("市场监督管理局", "Market supervision bureau"),
    "traffic": ("交通运输局", "Transport bureau"),
    "police-justice-health": ("公安、司法、卫健联席", "Police, justice and health together"),
    "civil-affairs": ("民政局", "Civil affairs bureau"),
    "housing": ("住房和城乡建设局", "Housing and construction bureau"),
    "petition": ("信访局", "Petition bureau"),
    "enforcement": ("综合行政执法局", "Administrative enforcement bureau"),
    "service": ("政务服务中心", "Government service centre"),
    "water": ("水务局", "Water authority"),
}


def upgrade():
    op.add_column("incident", sa.Column("routing", sa.JSON()))
    op.create_table(
        "routing_rule",
        sa.Column("rule_id", sa.String(length=36), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("says", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
    )
    op.create_index("ix_routing_rule_state", "routing_rule", ["state", "rule_id"])
    op.create_table(
        "routing_change",
        sa.Column("id", sa.String(length=36), primary_key=True),
        sa.Column("rule_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("set_version", sa.Integer()),
        sa.Column("says", sa.JSON(), nullable=False),
    )
    op.create_index("ix_routing_change_rule_id", "routing_change", ["rule_id", "id"])
    routing_set = op.create_table(
        "routing_set",
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=64), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("departments", sa.JSON(), nullable=False),
    )
    op.create_index("ix_routing_set_at", "routing_set", ["at"])
    op.create_table(
        "routing_finding",
        sa.Column("id", sa.String(length=36), primary_key=True),
        sa.Column("set_version", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.String(length=36), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_by", sa.String(length=64)),
        sa.Column("note", sa.String(length=500)),
    )
    op.create_index("ix_routing_finding_set", "routing_finding", ["set_version", "id"])
    op.bulk_insert(
        routing_set,
        [
            {
                "version": 1,
                "at": datetime.now(UTC),
                "by": "platform",
                "note": "departments",
                "rules": [],
                "departments": {
                    code: {"zh": zh, "en": en, "is_open": True}
                    for code, (zh, en) in DEPARTMENTS.items()
                },
            }
        ],
    )
