"""Audit trails out of their services' reach: another role owns them, and a service adds and reads.

The role that owns a table may change all of it, triggers or not, and the owner of a schema may drop
what lies in it. So the trail moves into the schema `<service>_audit`, which belongs to a role that
nobody logs in as. The service's migration makes the tables where it makes all its tables, and hands
them over through a function of that role; another makes the partitions of coming months. Neither gives
anything back.
"""

from typing import Protocol

from psycopg2.sql import Composable, Identifier, Literal

OWNER = "wangge_audit"

_TAKE_OVER = """
CREATE OR REPLACE FUNCTION {schema}.take_over() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    given record;
BEGIN
    -- Several copies may come at once; the second finds it done.
    PERFORM pg_advisory_xact_lock(hashtext({held}));
    IF to_regclass({held}) IS NOT NULL OR to_regclass({made}) IS NULL THEN
        RETURN false;
    END IF;
    FOR given IN
        SELECT format('%I.%I', {service}, relname) AS name, relname FROM pg_class
        WHERE relnamespace = to_regnamespace({quoted}) AND relkind IN ('r', 'p')
            AND relname ~ '^audit_(anchor|entry(_default|_y[0-9]+m[0-9]+)?)$'
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO {owner}', given.name);
        EXECUTE format('ALTER TABLE %s SET SCHEMA %I', given.name, {audit});
        EXECUTE format('REVOKE ALL ON %I.%I FROM %I', {audit}, given.relname, {service});
    END LOOP;
    EXECUTE format('ALTER FUNCTION %I.audit_is_only_added_to() OWNER TO {owner}', {service});
    EXECUTE format('ALTER FUNCTION %I.audit_is_only_added_to() SET SCHEMA %I', {service}, {audit});
    EXECUTE format('GRANT SELECT, INSERT ON %1$I.audit_entry, %1$I.audit_anchor TO %2$I', {audit}, {service});
    RETURN true;
END $$
"""
_MAKE_MONTH = """
CREATE OR REPLACE FUNCTION {schema}.make_month(first date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    name text := format('audit_entry_y%sm%s', to_char(first, 'YYYY'), to_char(first, 'MM'));
    after date := (first + interval '1 month')::date;
BEGIN
    IF first <> date_trunc('month', first) OR first > current_date + interval '1 year'
        OR first < current_date - interval '3 months'
        OR to_regclass(format('%I.%I', {audit}, name)) IS NOT NULL
        -- Its rows are where they may not be taken from; there they are as safe.
        OR EXISTS (SELECT FROM {schema}.audit_entry_default WHERE month >= first AND month < after)
    THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I.%I PARTITION OF {schema}.audit_entry FOR VALUES FROM (%L) TO (%L)',
        {audit}, name, first, after);
    RETURN true;
END $$
"""


class Say(Protocol):
    """A session that says one statement with these parts in its braces."""

    def __call__(self, statement: str, **parts: Composable) -> object: ...


def audit_schema(service: str) -> str:
    """Return the schema of a service's trail."""
    return f"{service}_audit"


def make_owner(say: Say, *, is_superuser: bool) -> None:
    """Make the role that owns the trails; it cannot log in."""
    known = say("SELECT 1 FROM pg_roles WHERE rolname = {name}", name=Literal(OWNER))
    if not known:
        say("CREATE ROLE {role} NOLOGIN", role=Identifier(OWNER))
    if not is_superuser:
        # Only a member of a role may give it a schema.
        say("GRANT {role} TO CURRENT_USER", role=Identifier(OWNER))


def make_place(say: Say, service: str) -> None:
    """Make the schema of a service's trail, and the two functions that its role may call."""
    audit = audit_schema(service)
    names = {"schema": Identifier(audit), "role": Identifier(service), "owner": Identifier(OWNER)}
    texts = {
        "service": Literal(service),
        "quoted": Literal(f'"{service}"'),
        "audit": Literal(audit),
        "held": Literal(f'"{audit}".audit_entry'),
        "made": Literal(f'"{service}".audit_entry'),
    }
    # What it takes over it must have had before.
    say("GRANT {role} TO {owner}", **names)
    say("CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {owner}", **names)
    say("SET ROLE {owner}", **names)
    say("REVOKE ALL ON SCHEMA {schema} FROM PUBLIC", **names)
    say("GRANT USAGE ON SCHEMA {schema} TO {role}", **names)
    for function, signature in ((_TAKE_OVER, "take_over()"), (_MAKE_MONTH, "make_month(date)")):
        say(function, **names, **texts)
        say(f"REVOKE ALL ON FUNCTION {{schema}}.{signature} FROM PUBLIC", **names)
        say(f"GRANT EXECUTE ON FUNCTION {{schema}}.{signature} TO {{role}}", **names)
    say("RESET ROLE")
