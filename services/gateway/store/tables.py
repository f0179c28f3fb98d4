"""The gateway's tables."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from shared.kernel.personal_data import FreeText, PersonName
from shared.runtime.columns import Instant
from shared.runtime.sealed_columns import Sealed
from shared.runtime.tables import add_machinery

metadata = MetaData()
add_machinery(metadata)

account_table = Table(
    "account",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("password_hash", String(200), nullable=False),
    Column("name", Sealed(PersonName, "account.name"), nullable=False),
    Column("unit", String(64)),
    Column("is_active", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Instant),
    Column("password_changed_at", Instant),
    Column("password_change_needed", Boolean, nullable=False, server_default="0"),
    Column("has_second_factor", Boolean, nullable=False, server_default="0"),
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

# The hashes of an account's last passwords.
old_password_table = Table(
    "old_password",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("set_at", Instant, primary_key=True),
    Column("password_hash", String(200), nullable=False),
)

second_factor_table = Table(
    "second_factor",
    metadata,
    Column("account", String(64), primary_key=True),
    # Whoever reads it makes the account's codes.
    Column("secret", Sealed(FreeText, "second_factor.secret"), nullable=False),
    Column("confirmed_at", Instant),
    Column("last_counter", BigInteger),
)

recovery_code_table = Table(
    "recovery_code",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account", String(64), nullable=False),
    Column("used_at", Instant),
)
Index("ix_recovery_code_account", recovery_code_table.c.account)

sign_in_table = Table(
    "sign_in",
    metadata,
    Column("family", String(36), primary_key=True),
    Column("account", String(64), nullable=False),
    Column("since", Instant, nullable=False),
    Column("renewed_at", Instant, nullable=False),
    Column("good_until", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("device_name", String(100)),
    Column("device_key", JSON(none_as_null=True)),
    Column("ended_at", Instant),
    Column("ended_because", String(40)),
)
Index("ix_sign_in_account", sign_in_table.c.account, sign_in_table.c.good_until)

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

# Names of what is good once (proofs, assertions), until it would be refused for its age.
used_once_table = Table(
    "used_once",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("until", Instant, nullable=False),
)
Index("ix_used_once_until", used_once_table.c.until)

client_table = Table(
    "client",
    metadata,
    Column("client_id", String(48), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("purpose", String(200), nullable=False),
    Column("role", String(40), nullable=False),
    Column("place_code", String(64), nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("valid_until", Instant),
    Column("secret_digest", String(64)),
    Column("public_key", JSON(none_as_null=True)),
    Column("disabled_at", Instant),
)

# Which accounts may enter by an identity provider; the subject is filled in by their first entry.
oidc_link_table = Table(
    "oidc_link",
    metadata,
    Column("issuer", String(255), primary_key=True),
    Column("account", String(64), primary_key=True),
    Column("subject", String(255)),
    Column("linked_at", Instant),
    UniqueConstraint("issuer", "subject", name="uq_oidc_link_subject"),
)

# Who is on the way to the identity provider and back.
oidc_visit_table = Table(
    "oidc_visit",
    metadata,
    Column("state_digest", String(64), primary_key=True),
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("return_to", String(500), nullable=False),
    Column("until", Instant, nullable=False),
)

# Who came back and was known, until the page exchanges his code for tokens.
oidc_entry_table = Table(
    "oidc_entry",
    metadata,
    Column("code_digest", String(64), primary_key=True),
    Column("account", String(64), nullable=False),
    Column("until", Instant, nullable=False),
)

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
    # When a service said last that it names the file, and since when it is going because none does.
    Column("named_at", Instant),
    Column("going_at", Instant),
)
Index("ix_file_digest", file_table.c.digest)

# Bytes that a file was forgotten of, until it is seen to that they are gone or serve another file.
unneeded_bytes_table = Table(
    "unneeded_bytes", metadata, Column("digest", String(64), primary_key=True)
)

# Files of exports, from the moment they are begun until they are thrown away. Whoever makes one says
# again and again that he does (`beat_at`); who has fallen silent is gone.
export_file_table = Table(
    "export_file",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account", String(64), nullable=False),
    Column("form", String(8), nullable=False),
    Column("file_name", String(100), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(64)),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("size", BigInteger),
    Column("begun_at", Instant, nullable=False),
    Column("beat_at", Instant, nullable=False),
    Column("kept_until", Instant),
)
Index("ix_export_file_account", export_file_table.c.account)
