"""The tables of rounds: what was planned, who walks, where they were, whom nobody heard of."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    not_,
)

from services.patrol.store.metadata import metadata
from shared.kernel.personal_data import FreeText
from shared.kernel.place import AREA_LEVELS
from shared.runtime.columns import Instant
from shared.runtime.sealed_columns import Sealed, SealedBytes, SealedJson


def _areas() -> list[Column[str]]:
    return [Column(f"{level}_code", String(64)) for level in AREA_LEVELS]


round_table = Table(
    "patrol_round",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("title", Sealed(FreeText, "patrol_round.title"), nullable=False),
    *_areas(),
    *(Column(f"{level}_name", String(200)) for level in AREA_LEVELS),
    # Names of points may name people, and whose house a point is shows by where it lies.
    Column("stops", SealedJson("patrol_round.stops"), nullable=False),
    Column("points", Integer, nullable=False),
    # The cell of each required point, for coverage; where in it is sealed.
    Column("stop_cells", JSON, nullable=False),
    Column("officers", JSON, nullable=False),
    Column("planned_from", Instant, nullable=False),
    Column("planned_to", Instant, nullable=False),
    Column("least_minutes", Integer, nullable=False),
    Column("check_in_minutes", Integer),
    Column("planned_by", String(64), nullable=False),
    Column("planned_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("cancel_reason", Sealed(FreeText, "patrol_round.cancel_reason")),
    Column("is_valid", Boolean),
    Column("reasons", JSON, nullable=False),
    Column("points_reached", Integer, nullable=False),
)
Index("ix_patrol_round_finished_at", round_table.c.finished_at)
for _column in ("state", *(f"{_level}_code" for _level in AREA_LEVELS)):
    Index(f"ix_patrol_round_{_column}", round_table.c[_column], round_table.c.id)

# One row a round and person: whose rounds one has, and by when one has to be heard of.
walker_table = Table(
    "patrol_walker",
    metadata,
    Column("round_id", String(36), primary_key=True),
    Column("account", String(64), primary_key=True),
    Column("is_out", Boolean, nullable=False),
    Column("clock_offset_s", Float, nullable=False),
    Column("last_heard_at", Instant),
    Column("last_check_in_at", Instant),
    # When he is missed; None where he need not check in, is not out, or was missed already.
    Column("check_due_at", Instant),
    Column("silent_at", Instant),
)
Index("ix_patrol_walker_account", walker_table.c.account, walker_table.c.round_id)
for _name in ("check_due_at", "silent_at"):
    Index(
        f"ix_patrol_walker_{_name}",
        walker_table.c[_name],
        sqlite_where=walker_table.c[_name].is_not(None),
        postgresql_where=walker_table.c[_name].is_not(None),
    )

# A row a batch, packed and sealed: a tenth of what a row a point takes (decision 40). By month, so that what
# need not be kept any longer goes by the month.
track_table = Table(
    "track_batch",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("round_id", String(36), nullable=False),
    Column("account", String(64), nullable=False),
    Column("device", String(64), nullable=False),
    Column("first_seq", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("points", Integer, nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("clock_offset_s", Float, nullable=False),
    Column("body", SealedBytes("track_batch.body"), nullable=False),
    # Whether its visits to cells were counted.
    Column("is_placed", Boolean, nullable=False),
    postgresql_partition_by="RANGE (id)",
)
Index("ix_track_batch_round", track_table.c.round_id, track_table.c.account)
IS_TO_PLACE = not_(track_table.c.is_placed)
Index(
    "ix_track_batch_to_place",
    track_table.c.id,
    sqlite_where=IS_TO_PLACE,
    postgresql_where=IS_TO_PLACE,
)

check_in_table = Table(
    "check_in",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("round_id", String(36), nullable=False),
    Column("account", String(64), nullable=False),
    Column("key", String(64), nullable=False),
    Column("point", Integer),
    Column("at", Instant, nullable=False),
    Column("phone_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("clock_offset_s", Float, nullable=False),
    Column("stayed_s", Float, nullable=False),
    Column("accuracy_m", Float),
    Column("distance_m", Float),
    Column("is_valid", Boolean, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("cell", String(64)),
    # Forgotten with the tracks; how far it was from the point stays.
    Column("position", SealedJson("check_in.position")),
    UniqueConstraint("round_id", "account", "key"),
)
Index(
    "ix_check_in_position_kept",
    check_in_table.c.id,
    sqlite_where=check_in_table.c.position.is_not(None),
    postgresql_where=check_in_table.c.position.is_not(None),
)

# Where somebody was last, while he is out.
position_table = Table(
    "officer_position",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("round_id", String(36), nullable=False),
    Column("at", Instant, nullable=False),
    Column("position", SealedJson("officer_position.position"), nullable=False),
)

# What of the tracks is kept when they are gone: which round was in which cell, and when.
visit_table = Table(
    "round_visit",
    metadata,
    Column("round_id", String(36), primary_key=True),
    Column("cell", String(64), primary_key=True),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("points", Integer, nullable=False),
)
Index("ix_round_visit_cell", visit_table.c.cell, visit_table.c.last_at)

absence_table = Table(
    "officer_absence",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account", String(64), nullable=False),
    Column("replaced_by", String(64)),
    Column("absent_from", Instant, nullable=False),
    Column("absent_to", Instant, nullable=False),
    Column("cells", JSON, nullable=False),
    *(Column(f"{level}_code", String(64)) for level in AREA_LEVELS[:-1]),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", String(64), nullable=False),
    Column("withdrawn_at", Instant),
    Column("withdrawn_by", String(64)),
)
Index("ix_officer_absence_account", absence_table.c.account, absence_table.c.absent_to)
Index("ix_officer_absence_absent_to", absence_table.c.absent_to)

alarm_table = Table(
    "patrol_alarm",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("round_id", String(36), nullable=False),
    Column("account", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    # Since when he was not heard of: the same silence is told of once.
    Column("since", Instant, nullable=False),
    *_areas(),
    Column("raised_at", Instant, nullable=False),
    Column("heard_again_at", Instant),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", String(64)),
    Column("note", Sealed(FreeText, "patrol_alarm.note")),
    UniqueConstraint("round_id", "account", "kind", "since"),
)
for _level in AREA_LEVELS:
    Index(f"ix_patrol_alarm_{_level}_code", alarm_table.c[f"{_level}_code"], alarm_table.c.id)
