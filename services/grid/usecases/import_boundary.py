"""An administrator imports a boundary set as a draft version."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.grid.domain.area import Level
from services.grid.domain.finding import Severity
from services.grid.ports import BoundaryChecker, BoundaryStore, CheckedSet, Transaction
from shared.contracts.grid import BoundaryImport
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.rights import Permission


@dataclass(frozen=True, slots=True)
class ImportBoundary:
    checker: BoundaryChecker
    store: BoundaryStore
    transaction: Transaction
    clock: Clock

    def __call__(self, order: BoundaryImport, *, actor: Actor) -> dict[str, Any]:
        """Check the files; keep them as a draft unless it is a dry run; return the findings.

        A set with errors is kept too, so that the report can be read again; it can never be
        activated. Nothing is half imported: the set's folder is whole before its row is written.

        Raises:
            Forbidden: the actor does not administer the system.
            Invalid: a file cannot be read at all.
        """
        actor.need(Permission.BOUNDARY_CHANGE)
        checked = self.checker.check(order)
        report = _report(order, checked)
        if order.dry_run:
            self.checker.discard(checked.folder)
            return report | {"version": None, "state": "dry_run"}
        try:
            with self.transaction.begin():
                row = _row(order, checked, report, actor, self.clock())
                version = self.store.add(row, checked.changes)
        except BaseException:
            self.checker.discard(checked.folder)
            raise
        return report | {"version": version, "state": row["state"]}


def _report(order: BoundaryImport, checked: CheckedSet) -> dict[str, Any]:
    draft = checked.draft
    severities = Counter(finding.severity for finding in draft.findings)
    return {
        "label": order.label,
        "scheme": order.scheme,
        "counts": {level.value: count for level, count in draft.counts.items()},
        "errors": severities[Severity.ERROR],
        "warnings": severities[Severity.WARNING],
        "notes": severities[Severity.NOTE],
        "totals": {
            kind: {"count": count, "area_m2": round(area_m2, 2)}
            for kind, (count, area_m2) in draft.totals.items()
        },
        "can_be_activated": draft.can_be_activated,
        "needs_acceptance": draft.needs_acceptance,
        "findings": [_finding(finding) for finding in draft.findings],
    }


def _finding(finding: Any) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in finding.__dataclass_fields__}


def _row(
    order: BoundaryImport,
    checked: CheckedSet,
    report: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> dict[str, Any]:
    draft = checked.draft
    districts = [area.code for area in draft.areas if area.level is Level.DISTRICT]
    return {
        "folder": checked.folder,
        "label": order.label,
        "scheme": order.scheme,
        "state": "draft" if draft.can_be_activated else "refused",
        "district_code": districts[0] if districts else None,
        "counts": report["counts"],
        "totals": report["totals"],
        "findings": report["findings"],
        "can_be_activated": draft.can_be_activated,
        "needs_acceptance": draft.needs_acceptance,
        "created_at": now,
        "created_by": actor.account,
    }
