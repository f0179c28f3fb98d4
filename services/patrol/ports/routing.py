"""What is needed to route by rules, and to try them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.patrol.domain.incident import Incident
from services.patrol.domain.routing import RuleSet
from services.patrol.domain.routing_rule import RuleVersion
from services.patrol.domain.routing_trial import Past
from shared.contracts.patrol import StepOrder
from shared.contracts.routing import RoutingTrial
from shared.kernel.actor import Actor
from shared.kernel.deadlines.deadline_clock import DeadlineClock


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """What somebody did to a routing rule, and in which version of the whole set it came into force or went."""

    version: RuleVersion
    what: str
    at: datetime
    by: str
    note: str = ""
    set_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingFinding:
    """A rule that could not be followed, under one version of the set of rules."""

    set_version: int
    rule: str
    rule_version: int
    code: str


class RoutingStore(Protocol):
    """Routing rules, the sets of them that were in force, and what was found wrong with them."""

    def in_force(self) -> RuleSet:
        """Return the set in force, as the transaction sees it."""
        ...

    def put_in_force(self, rules: RuleSet, *, at: datetime, by: str, note: str) -> None:
        """Keep the next set.

        Raises:
            RuleBroken: somebody else kept one meanwhile.
        """
        ...

    def versions_of(self, rule_id: str) -> list[RuleVersion]:
        """Return the versions of a rule, oldest first."""
        ...

    def held(self, rule_id: str) -> list[RuleVersion]:
        """Return the same, held against other writers until the transaction ends."""
        ...

    def latest(self) -> RuleSet:
        """Return the newest set, read anew, to make the next of."""
        ...

    def add(self, version: RuleVersion) -> None:
        """Keep a new version.

        Raises:
            RuleBroken: somebody else kept it meanwhile.
        """
        ...

    def replace(self, version: RuleVersion) -> None:
        """Keep what became of a version that is held."""
        ...

    def enter(self, change: RuleChange) -> None:
        """Append to the history of a rule, which is never edited."""
        ...

    def find_fault(self, finding: RoutingFinding, *, at: datetime) -> bool:
        """Count that a rule could not be followed; tell whether that was not known yet."""
        ...

    def acknowledge(self, finding_id: str, *, at: datetime, by: str, note: str) -> bool:
        """Note that a person has seen a finding; tell whether there is one that nobody had."""
        ...


class Router(Protocol):
    """Says where an incident goes; called inside the transaction, and never in its way."""

    def suggested(self, incident: Incident, counting: DeadlineClock, *, at: datetime) -> Incident:
        """Return the incident with where it is to go and why."""
        ...

    def sent(
        self, incident: Incident, counting: DeadlineClock, *, at: datetime
    ) -> tuple[StepOrder, Incident] | None:
        """Return how a filed incident is dispatched by its rule; None where that is a person's to do."""
        ...


class AreaTree(Protocol):
    """Knows which areas lie in which; asked before the transaction, since it is another service."""

    def chains(self, codes: Collection[str]) -> dict[str, frozenset[str]]:
        """Return for each code that the registry knows those of the areas it lies in, its own among them."""
        ...


class PastIncidents(Protocol):
    """What was reported before, for a dry run."""

    def under(self, actor: Actor, trial: RoutingTrial, *, at_most: int) -> Iterator[Sequence[Past]]:
        """Yield what the actor may know of, oldest first, some at a time."""
        ...
