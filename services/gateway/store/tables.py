"""The gateway's tables."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table

from shared.runtime.columns import Instant
from shared.runtime.tables import add_machinery

metadata = MetaData()
add_machinery(metadata)

account_table = Table(
    "account",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("password_hash", String(200), nullable=False),
    Column("name", String(100), nullable=False),
    Column("unit", String(64)),
    Column("is_active", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Instant),
)

# Who holds which role on which node of the grid tree, from when and until when. A right that was
# taken away stays as a row: who could see what at a time can be said later.
account_right_table = Table(
    "account_right",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account", String(64), nullable=False),
    Column("role", String(32), nullable=False),
    Column("place_code", String(64)),
    Column("valid_from", Instant),
    Column("valid_to", Instant),
    Column("granted_at", Instant, nullable=False),
    Column("granted_by", String(64), nullable=False),
)
Index("ix_account_right_account", account_right_table.c.account)

refresh_token_table = Table(
    "refresh_token",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("family", String(36), nullable=False),
    Column("account", String(64), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
)
Index("ix_refresh_token_family", refresh_token_table.c.family)
Index("ix_refresh_token_account", refresh_token_table.c.account, refresh_token_table.c.expires_at)

# What access tokens are signed with: in the database, so that several copies of the edge agree.
signing_key_table = Table(
    "signing_key",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("secret", String(64), nullable=False),
    Column("made_at", Instant, nullable=False),
)

file_table = Table(
    "file",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("media_type", String(40), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("uploaded_at", Instant, nullable=False),
    Column("uploaded_by", String(64), nullable=False),
)
