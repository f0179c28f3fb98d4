"""An administrator says who is responsible for a cell."""

from dataclasses import dataclass
from datetime import datetime

from services.grid.ports import OfficerStore, Outbox, Transaction
from shared.contracts.grid import CellOfficer, CellOfficersChanged
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.errors import FieldError, Invalid
from shared.kernel.rights import Permission


@dataclass(frozen=True, slots=True)
class SetCellOfficers:
    store: OfficerStore
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, cell_code: str, officers: list[CellOfficer], *, actor: Actor) -> None:
        """Replace the officers of a cell from now on; those before stay on record.

        A cell has at least one member and exactly one leader (rules GRID-05, GRID-06).

        Raises:
            Forbidden: the actor does not administer the system.
            Invalid: nobody, several leaders or none, one account twice, or a span that ends first.
        """
        actor.need(Permission.OFFICERS_CHANGE)
        now = self.clock()
        _check(officers, now)
        with self.transaction.begin():
            self.store.replace(cell_code, officers, now)
            self.outbox.put(
                CellOfficersChanged(
                    cell=cell_code,
                    members=[officer.account for officer in officers],
                    leader=next(o.account for o in officers if o.is_leader),
                    changed_at=now,
                    changed_by=actor.account,
                ),
                occurred_at=now,
            )


def _check(officers: list[CellOfficer], now: datetime) -> None:
    accounts = [officer.account for officer in officers]
    wrong = []
    if not officers:
        wrong.append(
            FieldError(
                field="officers",
                code="needed",
                zh="至少须有一名网格员",
                en="name at least one member",
            )
        )
    if officers and sum(officer.is_leader for officer in officers) != 1:
        wrong.append(
            FieldError(
                field="officers",
                code="one_leader",
                zh="须有且只有一名网格长",
                en="name exactly one leader",
            )
        )
    if len(set(accounts)) < len(accounts):
        wrong.append(
            FieldError(
                field="officers", code="repeated", zh="同一账号不得重复", en="name an account once"
            )
        )
    wrong += [
        FieldError(
            field=f"officers.{position}.valid_to",
            code="ends_first",
            zh="结束时间须晚于开始时间与现在",
            en="the span must end after it begins, and after now",
        )
        for position, officer in enumerate(officers)
        if officer.valid_to is not None and officer.valid_to <= max(officer.valid_from or now, now)
    ]
    if wrong:
        raise Invalid(
            code="invalid",
            zh="网格员名单不合要求，详见 errors。",
            en="The officers are not right; see errors.",
            errors=tuple(wrong),
        )
