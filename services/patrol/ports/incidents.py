"""What is needed to report an incident and to take it on."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from services.patrol.domain.catalogue import CatalogueVersion
from services.patrol.domain.incident import Incident
from services.patrol.domain.links import Links
from shared.kernel.box import Box
from shared.kernel.compartment import Compartment
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
