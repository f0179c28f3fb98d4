"""What patrol's use cases need from outside, in memory."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from services.patrol.domain.incident import OPEN_STATES, Incident
from services.patrol.domain.links import NO_LINKS, Links
from services.patrol.ports import AnonymisedIncident
from shared.contracts.event import Event
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
