"""Sign-ins as rows of their own, second factors, old passwords, clients, identity providers."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade():
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("password_changed_at", INSTANT, nullable=True))
        for flag in ("password_change_needed", "has_second_factor"):
            batch_op.add_column(
                sa.Column(flag, sa.Boolean(), server_default=sa.false(), nullable=False)
            )
    _passwords_and_factors()
    _sign_ins()
    _clients()
    _identity_providers()
    _keep_those_who_are_signed_in()


def _passwords_and_factors():
    op.create_table(
        "old_password",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("account", "set_at"),
    )
    op.create_table(
        "second_factor",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("last_counter", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_recovery_code_account", "recovery_code", ["account"])


def _sign_ins():
    op.create_table(
        "sign_in",
        sa.Column("family", sa.String(length=36), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("renewed_at", INSTANT, nullable=False),
        sa.Column("good_until", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("device_name", sa.String(length=100), nullable=True),
        sa.Column("device_key", sa.JSON(), nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_because", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("family"),
    )
    op.create_index("ix_sign_in_account", "sign_in", ["account", "good_until"])
    op.create_table(
        "used_once",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_used_once_until", "used_once", ["until"])


def _clients():
    op.create_table(
        "client",
        sa.Column("client_id", sa.String(length=48), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("place_code", sa.String(length=64), nullable=False),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_until", INSTANT, nullable=True),
        sa.Column("secret_digest", sa.String(length=64), nullable=True),
        sa.Column("public_key", sa.JSON(), nullable=True),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("client_id"),
    )


def _identity_providers():
    op.create_table(
        "oidc_link",
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("linked_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("issuer", "account"),
        sa.UniqueConstraint("issuer", "subject", name="uq_oidc_link_subject"),
    )
    op.create_table(
        "oidc_visit",
        sa.Column("state_digest", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=False),
        sa.Column("return_to", sa.String(length=500), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("state_digest"),
    )
    op.create_table(
        "oidc_entry",
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("code_digest"),
    )


def _keep_those_who_are_signed_in():
    """Give each sign-in that goes on its row; passwords count from today."""
    now = sa.bindparam("now", datetime.now(UTC), type_=INSTANT)
    op.get_bind().execute(sa.text("UPDATE account SET password_changed_at = :now").bindparams(now))
    op.get_bind().execute(
        sa.text(
            "INSERT INTO sign_in (family, account, since, renewed_at, good_until, ends_at)"
            " SELECT family, max(account), :now, :now, max(expires_at), max(expires_at)"
            " FROM refresh_token WHERE revoked_at IS NULL GROUP BY family"
        ).bindparams(now)
    )


def downgrade():
    for table in (
        "oidc_entry",
        "oidc_visit",
        "oidc_link",
        "client",
        "used_once",
        "sign_in",
        "recovery_code",
        "second_factor",
        "old_password",
    ):
        op.drop_table(table)
    with op.batch_alter_table("account", schema=None) as batch_op:
        for column in ("has_second_factor", "password_change_needed", "password_changed_at"):
            batch_op.drop_column(column)
