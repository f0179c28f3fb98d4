"""What patrol's use cases need from outside."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from services.patrol.domain.catalogue import CatalogueVersion
from services.patrol.domain.incident import Incident
from services.patrol.domain.links import Links
from services.patrol.domain.patrol_round import PatrolRound, RoundPlace
from services.patrol.domain.roster import Absence
from services.patrol.domain.routing import RuleSet
from services.patrol.domain.routing_rule import RuleVersion
from services.patrol.domain.routing_trial import Past
from services.patrol.domain.track import Integers, Track
from services.patrol.domain.visiting import Visit
from services.patrol.domain.watch import Walker
from shared.contracts.event import Event
from shared.contracts.grid import AssignedCell
from shared.contracts.incident_clocks import IncidentClock, IncidentClocksMoved
from shared.contracts.patrol import StepOrder
from shared.contracts.routing import RoutingTrial
from shared.kernel.actor import Actor
from shared.kernel.box import Box
from shared.kernel.compartment import Compartment
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.place import Place, Point


class GridLocator(Protocol):
    """Finds the cell of a point; asked before the transaction, since it is another service."""

    def locate(self, point: Point) -> Place: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymisedIncident:
    """An incident of which nothing is left but what is counted."""

    incident_id: str
    matter_no: str
    compartment: Compartment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldClocks:
    """The clocks of an incident, held against other writers until the transaction ends."""

    incident_id: str
    matter_no: str
    compartment: Compartment | None
    clocks: tuple[IncidentClock, ...]

    def told(
        self, contract: type[IncidentClocksMoved], clocks: list[IncidentClock], *, at: datetime
    ) -> IncidentClocksMoved:
        """Return what is told of some of them."""
        return contract(
            incident_id=self.incident_id,
            matter_no=self.matter_no,
            at=at,
            clocks=clocks,
            compartment=self.compartment,
        )


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


class ClockStore(Protocol):
    """Clocks of many incidents; what somebody else holds is passed over."""

    def due(self, now: datetime, *, at_most: int) -> list[HeldClocks]:
        """Return incidents of which a clock is near its limit or past it, and that was not told."""
        ...

    def to_press(self, step: str, now: datetime, *, at_most: int) -> list[str]:
        """Return the ids of incidents with a clock for which the platform has to take a step, and has not.

        They are held against other writers until the transaction ends.
        """
        ...

    def calendar_versions(self) -> list[str]:
        """Return the calendars that running clocks were counted with, each once."""
        ...

    def counted_with(self, versions: list[str], after: str, *, at_most: int) -> list[HeldClocks]:
        """Return incidents, by their ids after *after*, with a running clock counted with one of these."""
        ...

    def keep(self, incident_id: str, clocks: list[IncidentClock]) -> None: ...


class IncidentStore(Protocol):
    """The incidents of this service; writes belong to the open transaction."""

    def next_serial(self, day: date) -> int:
        """Return a number of *day*, from 1, that nobody else gets; one that is lost stays a gap."""
        ...

    def category_version(self, code: str) -> int | None:
        """Return in which version of the catalogue a category is in force; None when it is not."""
        ...

    def add(self, incident: Incident) -> None: ...

    def find(self, incident_id: str) -> Incident | None:
        """Return the incident, held against other writers until the transaction ends."""
        ...

    def hold(self, incident_ids: list[str]) -> None:
        """Hold incidents against other writers until the transaction ends, one after the other as named."""
        ...

    def links_of(self, incident_id: str) -> Links:
        """Return with which others the incident is linked."""
        ...

    def keep_links(self, incident: Incident) -> None:
        """Keep into which one it was merged, and of which it is a part."""
        ...

    def replace(self, incident: Incident) -> None: ...

    def close_off(self, incident: Incident) -> None:
        """Keep the incident with whom it is closed to now."""
        ...

    def anonymise(
        self, ended_before: datetime, *, at: datetime, at_most: int
    ) -> list[AnonymisedIncident]:
        """Forget what people wrote about some incidents that ended before, and who they were.

        In everything that this service keeps of them, what it told included. Return which they were.
        """
        ...

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
        """Append to the incident's history, which is never edited."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedNear:
    """An incident as whoever is about to report the same is shown it."""

    incident_id: str
    matter_no: str
    state: str
    category: str
    severity: str
    title: str
    description: str
    lon: float
    lat: float
    reported_at: datetime
    is_closed_off: bool


class NearbyStore(Protocol):
    """Incidents by their place and time, of those that whoever asks may know of."""

    def reported_near(
        self, category: str, box: Box, first: datetime, end: datetime
    ) -> list[ReportedNear]:
        """Return those of a category within a box that were reported from *first* to *end*, newest first.

        What was cancelled is left out: it was not real, or was merged into another one. Of a great many
        it is the newest.
        """
        ...


class CatalogueStore(Protocol):
    """Versions of the catalogue of categories; one that was kept is never changed, only put in force."""

    def next_version(self) -> int:
        """Return the number of the next version, which nobody else gets until the transaction ends."""
        ...

    def add(self, new: CatalogueVersion, *, at: datetime, by: str) -> None: ...

    def find(self, number: int) -> CatalogueVersion | None:
        """Return a version, held against other writers until the transaction ends."""
        ...

    def put_in_force(self, active: CatalogueVersion, *, at: datetime, by: str) -> None: ...


class Outbox(Protocol):
    """Events put here leave when the transaction is kept, and not otherwise."""

    def put(
        self, told: Event, *, occurred_at: datetime | None = None, unnamed: bool = False
    ) -> None:
        """Put an event; *unnamed* keeps the caller's account out of its envelope."""
        ...


class Transaction(Protocol):
    """What is written inside is kept whole, with the answer to the command, or not at all."""

    def begin(self) -> AbstractContextManager[None]: ...


class RoundGround(Protocol):
    """The grid registry as rounds ask it, before the transaction."""

    def areas_of(self, code: str) -> RoundPlace:
        """Return a division or cell in force and what lies above it; raises `NotFound`."""
        ...

    def cells_of(self, points: Sequence[Point]) -> list[str | None]:
        """Return the code of the cell of each point, None outside."""
        ...


class RoundStore(Protocol):
    """Rounds and who walks them; writes belong to the open transaction."""

    def add(self, planned: PatrolRound) -> None: ...

    def find(self, round_id: str) -> PatrolRound | None:
        """Return the round, held against other writers until the transaction ends."""
        ...

    def replace(self, changed: PatrolRound) -> None:
        """Keep the state of a round; what was planned never changes."""
        ...

    def walker(self, round_id: str, account: str) -> Walker: ...

    def walkers(self, round_id: str) -> list[Walker]: ...

    def keep_walker(self, walker: Walker) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOrigin:
    """Where a batch of a track comes from, and what its clock showed."""

    round_id: str
    account: str
    device: str
    sent_at: datetime
    received_at: datetime
    clock_offset_s: float


class TrackStore(Protocol):
    """Tracks, and where somebody was last."""

    def count(self, round_id: str, account: str) -> int: ...

    def known(self, origin: BatchOrigin, first_seq: int, last_seq: int) -> Integers:
        """Return the numbers of a device's points that are kept, from those batches that overlap a span."""
        ...

    def add(self, origin: BatchOrigin, track: Track) -> None: ...

    def keep_position(self, origin: BatchOrigin, track: Track) -> None:
        """Keep the newest of some points as where he is, unless a newer one is known."""
        ...

    def forget_position(self, accounts: Sequence[str], round_id: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCheckIn:
    """A check-in as it was judged."""

    check_in_id: str
    round_id: str
    account: str
    key: str
    point: int | None
    at: datetime
    phone_at: datetime
    received_at: datetime
    clock_offset_s: float
    stayed_s: float
    accuracy_m: float | None
    distance_m: float | None
    reasons: tuple[str, ...]
    lon: float
    lat: float
    cell: str | None

    @property
    def is_valid(self) -> bool:
        return not self.reasons


class CheckInStore(Protocol):
    """Check-ins; of one key there is one."""

    def is_known(self, round_id: str, account: str, key: str) -> bool: ...

    def add(self, check_in: KeptCheckIn) -> None: ...

    def reached(self, round_id: str) -> frozenset[int]:
        """Return the numbers of the required points at which somebody checked in validly."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Somebody nobody heard of; `areas` are codes from the district down."""

    alarm_id: str
    round_id: str
    account: str
    kind: str
    since: datetime
    raised_at: datetime
    place: RoundPlace
    acknowledged_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Somebody who may have to be missed: on which round, and where that lies."""

    round_id: str
    account: str
    place: RoundPlace


class AlarmStore(Protocol):
    """Alarms; of one silence there is one."""

    def missing(self, now: datetime, *, at_most: int) -> list[Missing]:
        """Return some who are out and due; their rounds are held, and those somebody else holds are left."""
        ...

    def add(self, alarm: Alarm) -> bool:
        """Keep an alarm; answer whether it is new."""
        ...

    def find(self, alarm_id: str) -> Alarm | None:
        """Return the alarm, held against other writers until the transaction ends."""
        ...

    def acknowledge(self, alarm_id: str, *, by: str, at: datetime, note: str) -> None: ...

    def heard_again(self, round_id: str, account: str, kinds: Sequence[str], at: datetime) -> None:
        """Note in the alarms of a person that he was heard of."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAbsence:
    """An absence as it was recorded; `areas` are what all the officer's cells lie in, by level."""

    absence: Absence
    cells: tuple[str, ...]
    areas: dict[str, str | None]
    recorded_by: str
    recorded_at: datetime
    withdrawn_at: datetime | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """Return where whoever commands may take it back."""
        areas = [code for code in self.areas.values() if code is not None]
        # Somebody of one cell may be looked after by the desk of that cell.
        return (*areas, *self.cells) if len(self.cells) == 1 else tuple(areas)


class RosterGround(Protocol):
    """The grid registry as rosters ask it, before the transaction."""

    def cells_of_officer(
        self, account: str, since: datetime, until: datetime
    ) -> list[AssignedCell]:
        """Return the cells an account is responsible for at any time of a span, with all who share them."""
        ...


class AbsenceStore(Protocol):
    """Absences; writes belong to the open transaction."""

    def held_between(self, begins: datetime, ends: datetime) -> list[Absence]:
        """Return the absences of a time; nobody else records one until the transaction ends."""
        ...

    def add(self, kept: KeptAbsence) -> None: ...

    def find(self, absence_id: str) -> KeptAbsence | None: ...

    def withdraw(self, absence_id: str, *, by: str, at: datetime) -> None: ...


class VisitStore(Protocol):
    """Which rounds were in which cells."""

    def to_place(self, *, at_most: int) -> list[tuple[str, str, Track]]:
        """Return ids, rounds and points of batches whose visits were not counted, the oldest first."""
        ...

    def count(self, batch_id: str, round_id: str, visits: Mapping[str, Visit]) -> bool:
        """Add the visits of a batch to those of its round, once; answer whether it was now."""
        ...
