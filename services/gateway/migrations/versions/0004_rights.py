"""Rights as rows, each a role on a node for a time, in place of the roles and the one place of an account."""

import json
import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from shared.runtime.machinery_steps import add_compartments

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    add_compartments(op)
    right = op.create_table(
        "account_right",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("place_code", sa.String(64)),
        sa.Column("valid_from", sa.DateTime(timezone=True)),
        sa.Column("valid_to", sa.DateTime(timezone=True)),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.String(64), nullable=False),
    )
    op.create_index("ix_account_right_account", "account_right", ["account"])
    rows = op.get_bind().execute(sa.text("SELECT account, roles, place_code FROM account")).all()
    rights = [
        {
            "id": str(uuid.uuid4()),
            "account": account,
            "role": role,
            "place_code": place_code,
            "granted_at": datetime.now(UTC),
            "granted_by": "platform",
        }
        for account, roles, place_code in rows
        for role in (json.loads(roles) if isinstance(roles, str) else roles)
    ]
    if rights:
        op.bulk_insert(right, rights)
    with op.batch_alter_table("account") as account:
        account.drop_column("roles")
        account.drop_column("place_code")
        account.add_column(sa.Column("unit", sa.String(64)))
