"""A round of early warning: what stands out now is raised, once."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from services.command.domain.alert import STANDS_FOR, Alert, raised_by, smallest_holding
from services.command.domain.matter import Matter
from services.command.domain.warning.always_told import early_signs, repeat_complainants
from services.command.domain.warning.finding import Finding, Ground, Observed, Watch
from services.command.ports import AlertStore, Complainants, Outbox, Sightings, Transaction
from shared.contracts.command import AlertRaised
from shared.kernel.clock import Clock
from shared.kernel.compartment import Compartment
from shared.kernel.ids import new_id

Look = Callable[[Observed, Ground, Watch, datetime], list[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a round did: how much it found, and how much of that was new."""

    findings: int
    raised: int


@dataclass(frozen=True, slots=True)
class RaiseAlerts:
    sightings: Sightings
    complainants: Complainants
    look: Look
    alerts: AlertStore
    outbox: Outbox
    transaction: Transaction
    clock: Clock
    watch: Watch

    def __call__(self) -> Round:
        """Look at all incidents; raise what no standing alert is about, and tell of it.

        The statistics know only matters that are open to everybody; those of category 13 are told of
        one by one, and to those alone to whom they are open.
        """
        now, watch = self.clock(), self.watch
        ground = self.sightings.ground()
        observed = self.sightings.observed(ground, now - watch.looks_back, now)
        findings = [
            *self.look(observed, ground, watch, now),
            *repeat_complainants(
                self.complainants.repeated(now - watch.repeats_within, watch.least_repeats),
                watch,
                now,
            ),
            *early_signs(self.sightings.early_signs(now - watch.hot_for), watch, now),
        ]
        with self.transaction.begin():
            standing = self.alerts.seen_since(now - STANDS_FOR)
            raised = sum(self._settle(finding, standing, now) for finding in findings)
        return Round(findings=len(findings), raised=raised)

    def _settle(self, finding: Finding, standing: list[Alert], now: datetime) -> bool:
        """Raise the finding, or let the alert that stands know that it was found again."""
        matters = self.sightings.matters(finding.matter_nos)
        if not matters:
            return False
        areas = smallest_holding([matter.place.codes for matter in matters])
        known = next((alert for alert in standing if alert.is_of(finding)), None)
        if known is not None:
            self.alerts.replace(known.seen_again(finding, areas, now))
            return False
        alert = raised_by(finding, areas, alert_id=new_id(now), now=now)
        self.alerts.add(alert)
        self.outbox.put(_told_to_others(alert, matters), occurred_at=now)
        standing.append(alert)
        return True


def _told_to_others(alert: Alert, matters: Iterable[Matter]) -> AlertRaised:
    return AlertRaised(
        alert_id=alert.alert_id,
        kind=alert.kind,
        category=alert.category,
        areas=list(alert.areas),
        owner_place=alert.owner_place,
        cells=list(alert.cells),
        matter_nos=list(alert.matter_nos),
        figures=alert.figures,
        since=alert.since,
        until=alert.until,
        raised_at=alert.raised_at,
        compartment=next(_compartments(matters), None),
    )


def _compartments(matters: Iterable[Matter]) -> Iterator[Compartment]:
    return (matter.compartment for matter in matters if matter.compartment is not None)
