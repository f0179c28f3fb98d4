"""An administrator puts a draft of the catalogue in force, from today or a later day on."""

from dataclasses import dataclass, replace

from services.patrol.domain.catalogue import CatalogueVersion, check_day
from services.patrol.ports.incidents import CatalogueStore
from services.patrol.ports.writing import Outbox, Transaction
from shared.contracts.catalogue import CatalogueActivated, CatalogueActivation
from shared.kernel.actor import Actor
from shared.kernel.clock import CHINA, Clock
from shared.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class ActivateCatalogue:
    store: CatalogueStore
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(
        self, version: int, order: CatalogueActivation, *, actor: Actor
    ) -> CatalogueVersion:
        """Put a version in force and tell the others; of two from one day on the higher one counts.

        Raises:
            NotFound: no such version.
            RuleBroken: it is no draft any more.
            Invalid: the day is over.
        """
        now = self.clock()
        today = now.astimezone(CHINA).date()
        with self.transaction.begin():
            known = self.store.find(version)
            if known is None:
                raise no_such_catalogue()
            effective_on = order.effective_on or today
            check_day(known, effective_on, today)
            active = replace(known, effective_on=effective_on)
            self.store.put_in_force(active, at=now, by=actor.account)
            self.outbox.put(
                CatalogueActivated(
                    catalogue=f"catalogue-{version}",
                    version=version,
                    source=active.source,
                    effective_on=effective_on,
                    entries=list(active.entries),
                    activated_at=now,
                    activated_by=actor.account,
                ),
                occurred_at=now,
            )
        return active


def no_such_catalogue() -> NotFound:
    return NotFound(
        code="no_such_catalogue",
        zh="没有这个目录版本。",
        en="There is no such version of the catalogue.",
    )
