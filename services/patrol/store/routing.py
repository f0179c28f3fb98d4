"""Routing rules in and out of their tables; the set in force is remembered by its version."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from uuid import NAMESPACE_OID, uuid5

from pydantic import ValidationError
from pydantic_core import to_jsonable_python
from sqlalchemy import Connection, bindparam, func, insert, select, update

from services.patrol.domain.routing import Rule, RuleSet
from services.patrol.domain.routing_rule import RuleState, RuleVersion, changed_meanwhile
from services.patrol.ports.routing import RoutingFinding, RuleChange
from services.patrol.store.tables import (
    routing_change_table,
    routing_finding_table,
    routing_rule_table,
    routing_set_table,
)
from shared.contracts.routing import DepartmentOrder, RoutingRuleOrder
from shared.kernel.ids import new_id
from shared.runtime.database import ServiceDatabase
from shared.runtime.keeping import coming_last
from shared.runtime.outbox import adapter
from shared.runtime.upsert import adding_once
from shared.runtime.work import Work

Contract = TypeVar("Contract")

_NEWEST = select(func.max(routing_set_table.c.version))
_SET = select(routing_set_table).where(routing_set_table.c.version == bindparam("asked"))
_VERSIONS = (
    select(routing_rule_table)
    .where(routing_rule_table.c.rule_id == bindparam("asked"))
    .order_by(routing_rule_table.c.version)
)
_COUNT = (
    update(routing_finding_table)
    .where(routing_finding_table.c.id == bindparam("asked"))
    .values(
        times=routing_finding_table.c.times + bindparam("more"), last_at=bindparam("seen_last_at")
    )
)


class RulesInForce:
    """The set that was in force last, read once: a version that was kept never changes.

    Which one is in force is asked in each transaction, so that all copies go by the same. A transaction that
    makes a set does not ask here: it may be rolled back, and the version be another's.
    """

    def __init__(self) -> None:
        self._known: RuleSet | None = None

    def as_seen_by(self, connection: Connection) -> RuleSet:
        version = connection.execute(_NEWEST).scalar()
        known = self._known
        if known is None or known.version != version:
            known = self._known = read_set(connection, version)
        return known


@cache
def rules_in_force(database: ServiceDatabase) -> RulesInForce:
    return RulesInForce()


def read_set(connection: Connection, version: int | None) -> RuleSet:
    """Return a set as it was kept; none was kept yet, and it is empty."""
    row = connection.execute(_SET, {"asked": version}).first()
    return RuleSet(version=0) if row is None else set_of(row)


def newest_set(connection: Connection) -> RuleSet:
    """Return the set that was kept last."""
    return read_set(connection, connection.execute(_NEWEST).scalar())


def set_of(row: Any) -> RuleSet:
    """Return the set that a row holds, with what cannot be read of it."""
    departments = {code: _read(DepartmentOrder, each) for code, each in row.departments.items()}
    return RuleSet(
        version=row.version,
        rules=tuple(map(_rule_of, row.rules)),
        departments={code: each for code, each in departments.items() if each is not None},
    )


def _rule_of(kept: dict[str, Any]) -> Rule:
    return Rule(
        rule_id=kept["rule"],
        version=kept["version"],
        priority=kept["priority"],
        says=_read(RoutingRuleOrder, kept["says"]),
    )


def _read(contract: Callable[..., Contract], kept: Any) -> Contract | None:
    """Return what is kept, or None: written by another release or by hand, it is found when it is to be followed."""
    try:
        read: Contract = adapter(contract).validate_python(kept)
    except ValidationError:
        return None
    return read


def version_of(row: Any) -> RuleVersion:
    """Return the version of a rule that a row holds."""
    return RuleVersion(
        rule_id=row.rule_id,
        version=row.version,
        state=RuleState(row.state),
        says=_read(RoutingRuleOrder, row.says),
        at=row.at,
        by=row.by,
    )


def finding_id(finding: RoutingFinding) -> str:
    """Return the same id for the same failing, on every copy."""
    name = f"{finding.set_version}:{finding.rule}:{finding.rule_version}:{finding.code}"
    return str(uuid5(NAMESPACE_OID, name))


@coming_last
def _count_findings(connection: Connection, found: list[tuple[str, datetime]]) -> None:
    """Count failings; whoever counts holds the row until the commit, so all are counted at once."""
    times = Counter(each for each, _ in found)
    last = dict(found)
    connection.execute(
        _COUNT,
        [
            {"asked": each, "more": times[each], "seen_last_at": last[each]}
            for each in sorted(times)
        ],
    )


class SqlRoutingStore:
    """Rules in the database, through the connection the work has open."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def _connection(self) -> Connection:
        return self._work.connection

    def in_force(self) -> RuleSet:
        return self._work.look(rules_in_force(self._work.database).as_seen_by)

    def latest(self) -> RuleSet:
        return newest_set(self._connection)

    def put_in_force(self, rules: RuleSet, *, at: datetime, by: str, note: str) -> None:
        # What could not be read is kept as it was: it is for a person to mend.
        before = self._connection.execute(_SET, {"asked": rules.version - 1}).first()
        as_kept = {} if before is None else {each["rule"]: each for each in before.rules}
        row = {
            "version": rules.version,
            "at": at,
            "by": by,
            "note": note,
            "rules": list(_kept_rules(rules.rules, as_kept)),
            "departments": to_jsonable_python(rules.departments),
        }
        self._add_once(routing_set_table, row)

    def versions_of(self, rule_id: str) -> list[RuleVersion]:
        return list(map(version_of, self._connection.execute(_VERSIONS, {"asked": rule_id})))

    def held(self, rule_id: str) -> list[RuleVersion]:
        rows = self._connection.execute(_VERSIONS.with_for_update(), {"asked": rule_id})
        return list(map(version_of, rows))

    def add(self, version: RuleVersion) -> None:
        key = {"rule_id": version.rule_id, "version": version.version}
        self._add_once(routing_rule_table, key | _changes(version))

    def replace(self, version: RuleVersion) -> None:
        rule = routing_rule_table.c
        self._connection.execute(
            update(routing_rule_table)
            .where(rule.rule_id == version.rule_id, rule.version == version.version)
            .values(_changes(version))
        )

    def enter(self, change: RuleChange) -> None:
        self._connection.execute(
            insert(routing_change_table),
            {
                "id": new_id(),
                "rule_id": change.version.rule_id,
                "version": change.version.version,
                "what": change.what,
                "at": change.at,
                "by": change.by,
                "note": change.note,
                "set_version": change.set_version,
                "says": to_jsonable_python(change.version.says),
            },
        )

    def find_fault(self, finding: RoutingFinding, *, at: datetime) -> bool:
        row = {
            "id": finding_id(finding),
            "set_version": finding.set_version,
            "rule_id": finding.rule,
            "rule_version": finding.rule_version,
            "code": finding.code,
            "times": 0,
            "first_at": at,
            "last_at": at,
        }
        connection = self._connection
        add = adding_once(connection.dialect.name, routing_finding_table)
        is_new = connection.execute(add, row).rowcount == 1
        self._work.write(_count_findings, (row["id"], at))
        return is_new

    def acknowledge(self, finding_id: str, *, at: datetime, by: str, note: str) -> bool:
        finding = routing_finding_table.c
        seen = self._connection.execute(
            update(routing_finding_table)
            .where(finding.id == finding_id, finding.acknowledged_at.is_(None))
            .values(acknowledged_at=at, acknowledged_by=by, note=note)
        )
        return seen.rowcount == 1

    def _add_once(self, table: Any, row: dict[str, Any]) -> None:
        connection = self._connection
        if connection.execute(adding_once(connection.dialect.name, table), row).rowcount != 1:
            raise changed_meanwhile()


def _changes(version: RuleVersion) -> dict[str, Any]:
    changed = {"state": version.state.value, "at": version.at, "by": version.by}
    # What cannot be read stays as it is, for a person to mend.
    return changed if version.says is None else changed | {"says": to_jsonable_python(version.says)}


def _kept_rules(
    rules: Iterable[Rule], as_kept: dict[str, dict[str, Any]]
) -> Iterable[dict[str, Any]]:
    for rule in rules:
        if rule.says is None:
            yield as_kept[rule.rule_id]
        else:
            yield {
                "rule": rule.rule_id,
                "version": rule.version,
                "priority": rule.priority,
                "says": to_jsonable_python(rule.says),
            }
