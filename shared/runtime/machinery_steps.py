"""Steps by which the machinery's tables grew, called by each service's migrations; never edited, only added to."""

from types import ModuleType

import sqlalchemy as sa


def add_leases_and_positions(op: ModuleType) -> None:
    """Leases, the numbering of events, shards of the outbox; on PostgreSQL its monthly partitions."""
    op.create_table(
        "lease",
        sa.Column("name", sa.String(120), primary_key=True),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "outbox_position",
        sa.Column("aggregate_id", sa.String(120), primary_key=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        _make_partitioned_outbox(op)
    else:
        _widen_outbox(op)


def _widen_outbox(op: ModuleType) -> None:
    op.execute(
        "INSERT INTO outbox_position (aggregate_id, sequence) "
        "SELECT aggregate_id, max(sequence) FROM outbox GROUP BY aggregate_id"
    )
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("shard", sa.SmallInteger(), nullable=False, server_default="0"))
        outbox.add_column(sa.Column("returned_at", sa.DateTime(timezone=True)))
        outbox.drop_constraint("uq_outbox_aggregate_sequence", type_="unique")
        outbox.create_index("ix_outbox_aggregate_id", ["aggregate_id", "sequence"])


def _make_partitioned_outbox(op: ModuleType) -> None:
    """Make the outbox anew: no platform ran on PostgreSQL before there was this step."""
    op.drop_table("outbox")
    op.execute(
        """
        CREATE TABLE outbox (
            id bigserial NOT NULL,
            event_id varchar(36) NOT NULL,
            event_type varchar(120) NOT NULL,
            aggregate_id varchar(120) NOT NULL,
            sequence integer NOT NULL,
            occurred_at timestamptz NOT NULL,
            headers json NOT NULL,
            payload json NOT NULL,
            published_at timestamptz,
            shard smallint NOT NULL DEFAULT 0,
            returned_at timestamptz,
            PRIMARY KEY (id, event_id),
            UNIQUE (event_id)
        ) PARTITION BY RANGE (event_id)
        """
    )
    op.execute("CREATE TABLE outbox_default PARTITION OF outbox DEFAULT")
    op.create_index("ix_outbox_aggregate_id", "outbox", ["aggregate_id", "sequence"])
    op.create_index(
        "ix_outbox_unpublished",
        "outbox",
        ["id"],
        postgresql_where=sa.text("published_at IS NULL"),
    )


def add_audit(op: ModuleType) -> None:
    """Make the audit trail, and what refuses to change or delete any of it."""
    op.create_table(
        "audit_entry",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("place_code", sa.String(64)),
        sa.Column("call_id", sa.String(64), nullable=False),
        sa.Column("action", sa.String(120), nullable=False),
        sa.Column("about", sa.String(64)),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column("algorithm", sa.String(8), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )
    op.create_index("ix_audit_entry_account", "audit_entry", ["account", "number"])
    op.create_index("ix_audit_entry_about", "audit_entry", ["about", "number"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """
            CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'audit_entry is only added to'; END $$
            """
        )
        op.execute(
            "CREATE TRIGGER audit_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE "
            "ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_refuses_{change.lower()} BEFORE {change} ON audit_entry "
            "BEGIN SELECT RAISE(ABORT, 'audit_entry is only added to'); END"
        )


def add_compartments(op: ModuleType) -> None:
    """Make the table of whom records are closed to."""
    op.create_table(
        "compartment_entry",
        sa.Column("record_id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("subject", sa.String(64), primary_key=True),
    )


def add_audit_months(op: ModuleType) -> None:
    """Cut the trail by months, give it reasons and what was shown, and a place for anchors."""
    op.create_table(
        "audit_anchor",
        sa.Column("service", sa.String(64), primary_key=True),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("algorithm", sa.String(8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    for name in ("account", "about"):
        op.drop_index(f"ix_audit_entry_{name}", "audit_entry")
    if op.get_bind().dialect.name == "postgresql":
        _make_partitioned_trail(op)
    else:
        _widen_trail(op)
    for name, where in (
        ("at", None),
        ("account", None),
        ("action", None),
        ("about", sa.text("about IS NOT NULL")),
        ("outcome", sa.text("outcome != 'done'")),
    ):
        columns = list(dict.fromkeys((name, "at", "number")))
        op.create_index(
            f"ix_audit_entry_{name}",
            "audit_entry",
            columns,
            postgresql_where=where,
            sqlite_where=where,
        )
    _refuse_changes(op, "audit_anchor")


def _widen_trail(op: ModuleType) -> None:
    op.execute("DROP TRIGGER audit_refuses_update")
    op.add_column("audit_entry", sa.Column("reason", sa.String(200)))
    op.add_column("audit_entry", sa.Column("shown", sa.JSON()))
    # SQLite adds no column without a value to rows that are there.
    op.add_column(
        "audit_entry", sa.Column("month", sa.Date(), nullable=False, server_default="1970-01-01")
    )
    # Of each row, or of one before it if that was later.
    op.execute(
        "UPDATE audit_entry SET month = filed.month FROM "
        "(SELECT number, strftime('%Y-%m-01', max(at) OVER (ORDER BY number), '+8 hours') AS month "
        "FROM audit_entry) AS filed WHERE filed.number = audit_entry.number"
    )
    op.execute(
        "CREATE TRIGGER audit_refuses_update BEFORE UPDATE ON audit_entry "
        "BEGIN SELECT RAISE(ABORT, 'audit_entry is only added to'); END"
    )


def _make_partitioned_trail(op: ModuleType) -> None:
    """Make the trail anew with its rows as they are; their digests cover no month."""
    op.execute("ALTER TABLE audit_entry RENAME TO trail_before")
    op.execute(
        """
        CREATE TABLE audit_entry (
            number bigint NOT NULL,
            at timestamptz NOT NULL,
            account varchar(64) NOT NULL,
            roles json NOT NULL,
            place_code varchar(64),
            call_id varchar(64) NOT NULL,
            action varchar(120) NOT NULL,
            about varchar(64),
            outcome varchar(64) NOT NULL,
            reason varchar(200),
            shown json,
            algorithm varchar(8) NOT NULL,
            digest varchar(64) NOT NULL,
            month date NOT NULL,
            PRIMARY KEY (number, month)
        ) PARTITION BY RANGE (month)
        """
    )
    op.execute("CREATE TABLE audit_entry_default PARTITION OF audit_entry DEFAULT")
    op.execute(
        """
        DO $$ DECLARE first date; BEGIN
            FOR first IN SELECT DISTINCT date_trunc('month', at AT TIME ZONE 'Asia/Shanghai')::date FROM trail_before
            LOOP
                EXECUTE format('CREATE TABLE audit_entry_y%sm%s PARTITION OF audit_entry FOR VALUES FROM (%L) TO (%L)',
                    to_char(first, 'YYYY'), to_char(first, 'MM'), first, (first + interval '1 month')::date);
            END LOOP;
        END $$
        """
    )
    op.execute(
        """
        INSERT INTO audit_entry (number, at, account, roles, place_code, call_id, action, about,
            outcome, algorithm, digest, month)
        SELECT number, at, account, roles, place_code, call_id, action, about, outcome, algorithm, digest,
            date_trunc('month', max(at AT TIME ZONE 'Asia/Shanghai') OVER (ORDER BY number))::date
        FROM trail_before ORDER BY number
        """
    )
    op.execute("DROP TABLE trail_before")
    _refuse_changes(op, "audit_entry")


def add_calendars(op: ModuleType) -> None:
    """Make the table of calendars that were set after the platform came with its own."""
    op.create_table(
        "calendar_copy",
        sa.Column("year", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("days_off", sa.JSON(), nullable=False),
        sa.Column("makeup_days", sa.JSON(), nullable=False),
    )


def _refuse_changes(op: ModuleType, table: str) -> None:
    """Let rows of a table be added and nothing else."""
    if op.get_bind().dialect.name == "postgresql":
        for change, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            # Those for each row are the partitions' too, however they are reached.
            op.execute(
                f"CREATE TRIGGER {table}_keeps_each_{each.lower()} BEFORE {change} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION audit_is_only_added_to()"
            )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END"
        )
