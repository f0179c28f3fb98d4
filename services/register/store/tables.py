"""The register's tables."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    false,
)

from shared.kernel.personal_data import Address, IdNumber, PersonName, Phone
from shared.kernel.place import AREA_LEVELS
from shared.runtime.blind_index import BlindIndex
from shared.runtime.columns import Instant
from shared.runtime.sealed_columns import Sealed, SealedJson
from shared.runtime.tables import add_machinery

metadata = MetaData()
add_machinery(metadata)

record_table = Table(
    "record",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("name", String(200)),
    Column("type", String(64)),
    Column("source_no", String(64)),
    Column("credit_code", String(18)),
    Column("rented", Boolean),
    Column("person_name", Sealed(PersonName, "record.person_name")),
    Column("id_number", Sealed(IdNumber, "record.id_number")),
    Column("id_number_index", BlindIndex("record.id_number")),
    Column("phone", Sealed(Phone, "record.phone")),
    Column("phone_index", BlindIndex("record.phone")),
    Column("address", Sealed(Address, "record.address")),
    # Everybody has one, most of them empty: that it is there tells nothing.
    Column("attention", SealedJson("record.attention"), nullable=False),
    Column("fenced_version", Integer, nullable=False),
    Column("house_id", String(36)),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("place_status", String(8), nullable=False),
    Column("distance_m", Float),
    *(Column(f"{level}_code", String(64)) for level in AREA_LEVELS),
    *(Column(f"{level}_name", String(200)) for level in AREA_LEVELS),
    Column("boundary_version", Integer, nullable=False),
    Column("since", Date, nullable=False),
    Column("ended_on", Date),
    Column("merged_into", String(36)),
    Column("updated_at", Instant, nullable=False),
    Column("anonymised_at", Instant),
)
record = record_table.c
# Lists are of one kind and state, everywhere or under one place, newest first.
Index("ix_record_kind", record.kind, record.state, record.id)
Index("ix_record_type", record.kind, record.state, record.type, record.id)
for _level in AREA_LEVELS:
    Index(
        f"ix_record_{_level}_code", record[f"{_level}_code"], record.kind, record.state, record.id
    )
for _name in ("id_number_index", "phone_index", "credit_code", "house_id"):
    Index(f"ix_record_{_name}", record[_name], record.id)
Index("ix_record_source_no", record.kind, record.source_no)
IS_PRESENT = record.state == "present"
Index(
    "ix_record_boundary_version",
    record.boundary_version,
    record.id,
    sqlite_where=IS_PRESENT,
    postgresql_where=IS_PRESENT,
)
# What is looked through each hour for whom to forget.
IS_KNOWN = (record.state != "present") & record.anonymised_at.is_(None)
Index("ix_record_ended_on", record.ended_on, sqlite_where=IS_KNOWN, postgresql_where=IS_KNOWN)

# What was done to a record, and what stood there before; only added to, until it is anonymised.
change_table = Table(
    "record_change",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("record_id", String(36), nullable=False),
    Column("version", Integer, nullable=False),
    Column("action", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(64)),
    Column("fields", JSON, nullable=False),
    Column("was", SealedJson("record_change.was"), nullable=False),
    Column("is_fenced", Boolean, nullable=False, server_default=false()),
)
Index("ix_record_change_record_id", change_table.c.record_id, change_table.c.id)

relation_table = Table(
    "relation",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("of_id", String(36)),
    Column("account", String(64)),
    Column("to_id", String(36), nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("entered_by", String(64), nullable=False),
)
Index("ix_relation_of_id", relation_table.c.of_id)
Index("ix_relation_to_id", relation_table.c.to_id)

# The boundary in force, as the grid registry told of it last: one row.
boundary_table = Table(
    "boundary_in_force",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("activated_at", Instant, nullable=False),
)

import_table = Table(
    "record_import",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("account", String(64), nullable=False),
    Column("headings", JSON, nullable=False),
    Column("total", Integer, nullable=False),
    Column("checked", Integer, nullable=False),
    Column("wrong", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)
Index("ix_record_import_state", import_table.c.state, import_table.c.updated_at)

import_row_table = Table(
    "import_row",
    metadata,
    Column("import_id", String(36), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    # What it says and where that lies, until it is written.
    Column("said", SealedJson("import_row.said"), nullable=False),
    # A keyed digest of its exact number: two rows of a file must not have the same.
    Column("key_digest", LargeBinary),
    Column("action", String(8)),
    Column("target", String(36)),
    Column("target_version", Integer),
    Column("errors", JSON, nullable=False),
    Column("outcome", String(8)),
)
Index("ix_import_row_key_digest", import_row_table.c.import_id, import_row_table.c.key_digest)
