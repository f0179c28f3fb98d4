"""A person has seen that a routing rule fails."""

from dataclasses import dataclass

from services.patrol.ports.routing import RoutingStore
from services.patrol.ports.writing import Transaction
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class AcknowledgeFinding:
    store: RoutingStore
    transaction: Transaction
    clock: Clock

    def __call__(self, finding_id: str, note: str, *, actor: Actor) -> None:
        """Note who has seen it; the rule stays in force, and under the next set it is found again.

        Raises:
            NotFound: no such finding that nobody has seen.
        """
        with self.transaction.begin():
            found = self.store.acknowledge(finding_id, at=self.clock(), by=actor.account, note=note)
            if not found:
                raise NotFound(
                    code="no_such_finding",
                    zh="没有这条待确认的规则故障。",
                    en="There is no such finding that waits to be seen.",
                )
