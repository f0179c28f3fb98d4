"""Routing rules, their history, sets and findings as the edge shows them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from services.patrol.domain.routing import RuleSet
from services.patrol.domain.routing_rule import RuleState, RuleVersion
from services.patrol.domain.routing_set import Shadowed
from services.patrol.domain.routing_words import condition_words, failure_words
from services.patrol.store.routing import newest_set, set_of, version_of
from services.patrol.store.tables import (
    routing_change_table,
    routing_finding_table,
    routing_rule_table,
    routing_set_table,
)
from shared.kernel.errors import NotFound
from shared.runtime.cursor import cursor_of, keys_of, not_ours, page_size

MOST_VERSIONS = 2_000
LARGEST = 2**31


def rules(connection: Connection, states: Collection[str]) -> list[dict[str, Any]]:
    """Return the versions of rules in these states, drafts and what is in force where none is named."""
    wanted = states or (RuleState.DRAFT, RuleState.ACTIVE)
    table = routing_rule_table.c
    rows = connection.execute(
        select(routing_rule_table)
        .where(table.state.in_(wanted))
        .order_by(table.rule_id, table.version)
        .limit(MOST_VERSIONS)
    )
    found = list(map(_shown_row, rows))
    return sorted(found, key=lambda each: each.get("priority", 0))


def rule(connection: Connection, rule_id: str) -> dict[str, Any]:
    """Return a rule with all its versions, newest first, and what was done to it.

    Raises:
        NotFound: there is none.
    """
    table, change = routing_rule_table.c, routing_change_table.c
    versions = connection.execute(
        select(routing_rule_table)
        .where(table.rule_id == rule_id)
        .order_by(table.version.desc())
        .limit(MOST_VERSIONS)
    ).all()
    if not versions:
        raise NotFound(
            code="no_such_rule",
            zh="没有这条分派规则。",
            en="There is no such routing rule.",
        )
    changes = connection.execute(
        select(routing_change_table)
        .where(change.rule_id == rule_id)
        .order_by(change.id.desc())
        .limit(MOST_VERSIONS)
    )
    return {
        "rule": rule_id,
        "versions": list(map(_shown_row, versions)),
        "history": [
            {
                "version": row.version,
                "what": row.what,
                "at": row.at,
                "by": row.by,
                "note": row.note,
                "set_version": row.set_version,
                "says": row.says,
            }
            for row in changes
        ],
    }


def _shown_row(row: Any) -> dict[str, Any]:
    return shown(version_of(row), row.says)


def shown(version: RuleVersion, kept: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a version of a rule as it is shown; one that cannot be read as it is *kept*, without words."""
    zh, en = ("", "") if version.says is None else condition_words(version.says.condition)
    said: dict[str, Any] = to_jsonable_python(version.says) or kept or {}
    return {
        **said,
        "rule": version.rule_id,
        "version": version.version,
        "state": version.state.value,
        "condition_words": {"zh": zh, "en": en},
        "changed_at": version.at,
        "changed_by": version.by,
    }


def set_at(connection: Connection, moment: datetime) -> dict[str, Any]:
    """Return the rules and departments that were in force at a moment.

    Raises:
        Invalid: it has no offset, or lies beyond the calendar.
        NotFound: the platform had no rules then.
    """
    table = routing_set_table.c
    row = connection.execute(
        select(routing_set_table).where(table.at <= moment).order_by(table.version.desc()).limit(1)
    ).first()
    if row is None:
        raise NotFound(
            code="no_rules_then",
            zh="那时尚无分派规则。",
            en="There were no routing rules then.",
        )
    return {
        "version": row.version,
        "since": row.at,
        "by": row.by,
        "note": row.note,
        "rules": row.rules,
        "departments": _departments(set_of(row)),
    }


def departments(connection: Connection) -> list[dict[str, Any]]:
    """Return the departments that rules may name, as they are now."""
    return _departments(newest_set(connection))


def _departments(rules: RuleSet) -> list[dict[str, Any]]:
    return [
        {"code": code, "zh": each.zh, "en": each.en, "is_open": each.is_open}
        for code, each in sorted(rules.departments.items())
    ]


def shadowed(found: Iterable[Shadowed]) -> list[dict[str, Any]]:
    """Return which rules can never be reached, and by which they are covered."""
    return [{"rule": each.rule, "by": list(each.by)} for each in found]


def findings(
    connection: Connection, *, seen_too: bool, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Return a page of findings, those of the newest set first; unless *seen_too* those nobody has seen."""
    size, table = page_size(limit), routing_finding_table.c
    wanted = select(routing_finding_table).where(*_after(cursor))
    if not seen_too:
        wanted = wanted.where(table.acknowledged_at.is_(None))
    in_order = wanted.order_by(table.set_version.desc(), table.id.desc())
    rows = connection.execute(in_order.limit(size + 1)).all()
    shown_rows, more = rows[:size], len(rows) > size
    return {
        "items": list(map(_finding, shown_rows)),
        "next_cursor": cursor_of(shown_rows[-1].set_version, shown_rows[-1].id) if more else None,
    }


def _after(cursor: str | None) -> list[ColumnElement[bool]]:
    if cursor is None:
        return []
    table = routing_finding_table.c
    set_version, finding_id = keys_of(cursor, 2)
    if not (isinstance(set_version, int) and isinstance(finding_id, str)):
        raise not_ours()
    if not 0 <= set_version < LARGEST:
        raise not_ours()
    in_same = and_(table.set_version == set_version, table.id < finding_id)
    return [or_(table.set_version < set_version, in_same)]


def finding(connection: Connection, finding_id: str) -> dict[str, Any]:
    """Return one finding."""
    table = routing_finding_table.c
    row = connection.execute(select(routing_finding_table).where(table.id == finding_id)).one()
    return _finding(row)


def _finding(row: Any) -> dict[str, Any]:
    zh, en = failure_words(row.code)
    return {
        "id": row.id,
        "rule": row.rule_id,
        "rule_version": row.rule_version,
        "set_version": row.set_version,
        "code": row.code,
        "zh": zh,
        "en": en,
        "times": row.times,
        "first_at": row.first_at,
        "last_at": row.last_at,
        "acknowledged_at": row.acknowledged_at,
        "acknowledged_by": row.acknowledged_by,
        "note": row.note,
    }
