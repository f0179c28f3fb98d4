"""Somebody confirms an alert, dismisses it, or hands it over."""

from dataclasses import dataclass

from services.command.domain.alert import Alert, Decision
from services.command.ports import AlertStore, Transaction
from shared.contracts.command import AlertOrder
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class DecideAlert:
    alerts: AlertStore
    transaction: Transaction
    clock: Clock

    def __call__(
        self, alert_id: str, decision: Decision, order: AlertOrder, *, actor: Actor
    ) -> Alert:
        """Write the decision.

        Raises:
            NotFound: no such alert that the actor may know of.
            RuleBroken: it does not follow from the alert's state.
            Invalid: the order lacks what the decision needs.
        """
        with self.transaction.begin():
            alert = self.alerts.held(alert_id, actor)
            if alert is None:
                raise no_such_alert()
            after = alert.decided(decision, order, by=actor.account, now=self.clock())
            self.alerts.replace(after)
        return after


def no_such_alert() -> NotFound:
    return NotFound(
        code="no_such_alert",
        zh="没有这个预警，或它不在您的辖区之内。",
        en="There is no such alert under your place.",
    )
