"""An administrator puts a boundary version in force."""

from dataclasses import dataclass
from typing import Any

from services.grid.ports import BoundaryStore, Outbox, Shelf, Transaction
from services.grid.usecases.no_such_version import no_such_version
from shared.contracts.grid import BoundaryActivated
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.errors import RuleBroken
from shared.kernel.rights import Permission


@dataclass(frozen=True, slots=True)
class ActivateBoundary:
    store: BoundaryStore
    shelf: Shelf
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, version: int, *, accept_findings: bool, actor: Actor) -> dict[str, Any]:
        """Put the version in force from now on; the one before stays answerable by date.

        Raises:
            Forbidden: the actor does not administer the system.
            NotFound: there is no such version.
            RuleBroken: it is no draft, has errors, or has warnings nobody accepted.
        """
        actor.need(Permission.BOUNDARY_CHANGE)
        now = self.clock()
        with self.transaction.begin():
            boundary = self.store.find(version)
            if boundary is None:
                raise no_such_version(version)
            _check_ready(boundary, accept_findings=accept_findings)
            # Loaded before anyone is sent to it: a damaged version must not come into force.
            self.shelf.version(version)
            self.store.activate(version, now)
            self.outbox.put(
                BoundaryActivated(
                    boundary=f"boundary-{boundary['district_code']}",
                    version=version,
                    label=boundary["label"],
                    district_code=boundary["district_code"],
                    counts=boundary["counts"],
                    activated_at=now,
                    activated_by=actor.account,
                ),
                occurred_at=now,
            )
        return {"version": version, "state": "active", "activated_at": now}


def _check_ready(boundary: dict[str, Any], *, accept_findings: bool) -> None:
    if boundary["state"] in ("active", "retired"):
        raise RuleBroken(
            code="boundary_not_a_draft",
            zh="该版本已经启用过；边界只向前走，请重新导入。",
            en="This version has been in force before; boundaries only go forward: import it anew.",
        )
    if not boundary["can_be_activated"]:
        raise RuleBroken(
            code="boundary_has_errors",
            zh="该版本有错误，不能启用；请按检查报告改正后重新导入。",
            en="This version has errors and cannot be activated; mend what its report names and import again.",
        )
    if boundary["needs_acceptance"] and not accept_findings:
        raise RuleBroken(
            code="boundary_findings_not_accepted",
            zh="该版本有警告（如重叠、缝隙的修整）；请阅读检查报告，同意后注明 accept_findings。",
            en="This version has warnings, such as overlaps and gaps that were mended; read its report and say accept_findings.",
        )
