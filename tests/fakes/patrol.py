"""What patrol's use cases need from outside, in memory."""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from services.patrol.domain.incident import OPEN_STATES, Incident
from services.patrol.domain.links import NO_LINKS, Links
from services.patrol.domain.routing import RuleSet
from services.patrol.domain.routing_rule import RuleVersion
from services.patrol.ports.incidents import AnonymisedIncident
from services.patrol.ports.routing import RoutingFinding, RuleChange
from shared.contracts.event import Event
from shared.contracts.patrol import StepOrder
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.place import Place, Point


class FakeGridLocator:
    """A grid in which every point lies in the same place."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.asked: list[Point] = []

    def locate(self, point: Point) -> Place:
        self.asked.append(point)
        return self._place


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One entry of an incident's history."""

    incident_id: str
    step: str
    from_state: str
    to_state: str
    at: datetime
    by: str
    note: str
    unit: str | None
    files: tuple[str, ...]
    details: dict[str, Any]


class FakeIncidentStore:
    """Incidents in a dictionary, their history in a list."""

    def __init__(self, *incidents: Incident) -> None:
        self.incidents = {incident.incident_id: incident for incident in incidents}
        self.steps: list[Step] = []
        self.anonymised: set[str] = set()
        self.links: dict[str, Links] = {}
        self.held: list[list[str]] = []
        self._serials: Counter[date] = Counter()

    def next_serial(self, day: date) -> int:
        self._serials[day] += 1
        return self._serials[day]

    def category_version(self, code: str) -> int | None:
        return {"01": 1, "05": 3}.get(code)

    def add(self, incident: Incident) -> None:
        assert incident.incident_id not in self.incidents
        self.incidents[incident.incident_id] = incident

    def find(self, incident_id: str) -> Incident | None:
        return self.incidents.get(incident_id)

    def hold(self, incident_ids: list[str]) -> None:
        self.held.append(incident_ids)

    def links_of(self, incident_id: str) -> Links:
        return self.links.get(incident_id, NO_LINKS)

    def keep_links(self, incident: Incident) -> None:
        self.links[incident.incident_id] = replace(incident.links, other=None)

    def replace(self, incident: Incident) -> None:
        assert incident.incident_id in self.incidents
        self.incidents[incident.incident_id] = incident

    def close_off(self, incident: Incident) -> None:
        self.replace(incident)

    def anonymise(
        self, ended_before: datetime, *, at: datetime, at_most: int
    ) -> list[AnonymisedIncident]:
        due = [
            each
            for each in self.incidents.values()
            if each.incident_id not in self.anonymised
            and each.state not in OPEN_STATES
            and each.updated_at < ended_before
        ][:at_most]
        self.anonymised |= {each.incident_id for each in due}
        return [
            AnonymisedIncident(
                incident_id=each.incident_id,
                matter_no=each.matter_no,
                compartment=each.compartment,
            )
            for each in due
        ]

    def add_step(
        self,
        *,
        incident: Incident,
        step: str,
        from_state: str,
        at: datetime,
        by: str,
        note: str,
        unit: str | None,
        files: tuple[str, ...],
        details: dict[str, Any],
    ) -> None:
        self.steps.append(
            Step(
                incident_id=incident.incident_id,
                step=step,
                from_state=from_state,
                to_state=incident.state,
                at=at,
                by=by,
                note=note,
                unit=unit,
                files=files,
                details=details,
            )
        )


@dataclass(slots=True)
class FakeOutbox:
    """Keeps what others would hear, and whose name would go with it."""

    events: list[Event] = field(default_factory=list)
    times: list[datetime | None] = field(default_factory=list)
    unnamed: list[bool] = field(default_factory=list)

    def put(
        self, told: Event, *, occurred_at: datetime | None = None, unnamed: bool = False
    ) -> None:
        self.events.append(told)
        self.times.append(occurred_at)
        self.unnamed.append(unnamed)


class FakeRouter:
    """Has no rules: it says nothing, and sends nothing out."""

    def suggested(self, incident: Incident, counting: DeadlineClock, *, at: datetime) -> Incident:
        return incident

    def sent(
        self, incident: Incident, counting: DeadlineClock, *, at: datetime
    ) -> tuple[StepOrder, Incident] | None:
        return None


class FakeRoutingStore:
    """Rules in dictionaries, sets and history in lists."""

    def __init__(self, rules: RuleSet | None = None) -> None:
        self.sets = [rules or RuleSet(version=1)]
        self.versions: dict[tuple[str, int], RuleVersion] = {}
        self.changes: list[RuleChange] = []
        self.found: Counter[RoutingFinding] = Counter()

    def in_force(self) -> RuleSet:
        return self.sets[-1]

    def latest(self) -> RuleSet:
        return self.sets[-1]

    def put_in_force(self, rules: RuleSet, *, at: datetime, by: str, note: str) -> None:
        assert rules.version == self.sets[-1].version + 1
        self.sets.append(rules)

    def versions_of(self, rule_id: str) -> list[RuleVersion]:
        return [each for (known, _), each in sorted(self.versions.items()) if known == rule_id]

    def held(self, rule_id: str) -> list[RuleVersion]:
        return self.versions_of(rule_id)

    def add(self, version: RuleVersion) -> None:
        assert (version.rule_id, version.version) not in self.versions
        self.versions[version.rule_id, version.version] = version

    def replace(self, version: RuleVersion) -> None:
        assert (version.rule_id, version.version) in self.versions
        self.versions[version.rule_id, version.version] = version

    def enter(self, change: RuleChange) -> None:
        self.changes.append(change)

    def find_fault(self, finding: RoutingFinding, *, at: datetime) -> bool:
        self.found[finding] += 1
        return self.found[finding] == 1

    def acknowledge(self, finding_id: str, *, at: datetime, by: str, note: str) -> bool:
        return False


class FakeAreaTree:
    """The areas of codes written as in China: each lies in those whose codes it begins with."""

    def __init__(self, *known: str) -> None:
        self._known = known

    def chains(self, codes: Collection[str]) -> dict[str, frozenset[str]]:
        return {
            code: frozenset(each for each in self._known if code.startswith(each))
            for code in codes
            if code in self._known
        }


class FakeTransaction:
    """Counts the transactions that were opened; there is one at a time."""

    def __init__(self) -> None:
        self.opened = 0
        self.is_open = False

    @contextmanager
    def begin(self) -> Iterator[None]:
        assert not self.is_open
        self.opened += 1
        self.is_open = True
        try:
            yield
        finally:
            self.is_open = False
