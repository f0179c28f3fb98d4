"""What command's use cases need from outside."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from services.command.domain.alert import Alert
from services.command.domain.course import Course
from services.command.domain.heard import Heard
from services.command.domain.matter import Matter
from services.command.domain.search_entry import Hit, SearchEntry, Wanted
from services.command.domain.warning.arrays import Floats, Integers
from services.command.domain.warning.finding import Ground, Observed
from shared.contracts.event import Event
from shared.contracts.incident_clocks import IncidentClock
from shared.kernel.actor import Actor
from shared.kernel.compartment import Compartment


class ReadModels(Protocol):
    """The tables made from what was heard; every row follows from events alone."""

    def find(self, matter_no: str) -> Matter | None: ...

    def put(self, matter: Matter, *, before: Matter | None) -> None:
        """Write the matter, and move it on every board it counts on."""
        ...

    def keep_clocks(self, matter: Matter, clocks: Sequence[IncidentClock]) -> None:
        """Write the clocks of a matter that changed."""
        ...

    def course(self, matter_no: str) -> Course | None: ...

    def keep_course(self, course: Course) -> None:
        """Write what indicators count of a matter."""
        ...

    def enter(self, heard: Heard, *, matter_no: str, said: dict[str, Any]) -> None:
        """Append an event to the dossier of its matter."""
        ...

    def anonymise(self, matter_no: str) -> None:
        """Leave of a matter and its dossier neither text nor names."""
        ...

    def first_note(self, matter_no: str) -> str:
        """Return the text with which a matter was reported."""
        ...

    def clear(self) -> None: ...

    def fingerprints(self) -> set[tuple[str, bytes]]:
        """Return a digest of every row with its table's name, to compare two states."""
        ...


class SearchIndex(Protocol):
    """What of the matters can be found; it is one of the read models."""

    def enter(self, entry: SearchEntry) -> None: ...

    def forget(self, subject_id: str) -> None:
        """Let the matter be found no more."""
        ...

    def newest(self, wanted: Wanted, *, limit: int) -> list[Hit]:
        """Return the newest matters that have what is wanted, the newest first."""
        ...


class LiveStream(Protocol):
    """What consoles watch; kept a while so that a client may resume."""

    def append(
        self,
        *,
        topic: str,
        codes: tuple[str, ...],
        said: dict[str, Any],
        matter_no: str | None = None,
        compartment: Compartment | None = None,
    ) -> None:
        """Add a line; one about a matter is for those alone to whom the matter is open."""
        ...

    def close_off(self, matter_no: str, compartment: Compartment | None) -> None:
        """Let all lines about a matter be seen by those alone to whom it is open now."""
        ...


class Records(Protocol):
    """What the services have told, from the first event on."""

    def forget_taken(self) -> None:
        """Forget which events were taken, so that each is taken again; others wait until then."""
        ...

    def taken_again(self) -> Iterator[Heard]:
        """Yield what had been taken, once, in the order of its aggregate, entering it anew."""
        ...

    def not_yet_taken(self) -> Iterator[Heard]:
        """Yield what was told and has not come yet, in that order, entering it as taken."""
        ...


class Transaction(Protocol):
    """What is written inside is kept whole or not at all."""

    def begin(self) -> AbstractContextManager[None]: ...


class Sightings(Protocol):
    """What a round of early warning looks at, as the read models and the grid registry know it."""

    def ground(self) -> Ground:
        """Return the cells of the boundary last known to be in force; none where none is."""
        ...

    def observed(self, ground: Ground, since: datetime, now: datetime) -> Observed:
        """Return the matters reported since then that are open to everybody and not cancelled."""
        ...

    def early_signs(self, since: datetime) -> list[Matter]:
        """Return the matters of category 13, those closed to some as well."""
        ...

    def matters(self, matter_nos: tuple[str, ...]) -> list[Matter]: ...


class GridRegistry(Protocol):
    """The grid registry's word on cells."""

    def ground(self, known: int | None) -> Ground | None:
        """Return the ground of the boundary in force; None if that is known, or cannot be told."""
        ...

    def cells_at(self, lon: Floats, lat: Floats, version: int) -> Integers:
        """Return the number of the cell that holds each point (WGS-84 degrees), or UNKNOWN_CELL."""
        ...


class GroundStore(Protocol):
    """The ground that command keeps; writes belong to the open transaction."""

    def latest(self) -> Ground | None: ...

    def keep(self, ground: Ground) -> None: ...


class Complainants(Protocol):
    """Who reports again and again; patrol alone knows, and tells matters, never people."""

    def repeated(self, since: datetime, least: int) -> list[tuple[str, ...]]:
        """Return the numbers of matters that one contact stands behind, at least so many each."""
        ...


class AlertStore(Protocol):
    """Alerts; writes belong to the open transaction."""

    def seen_since(self, moment: datetime) -> list[Alert]:
        """Return the alerts that a round has found since then, whatever was decided."""
        ...

    def add(self, alert: Alert) -> None: ...

    def replace(self, alert: Alert) -> None: ...

    def held(self, alert_id: str, actor: Actor) -> Alert | None:
        """Return the alert, held until the transaction ends; None when the actor may not decide on it."""
        ...


class Outbox(Protocol):
    """Events put here leave when the transaction is kept, and not otherwise."""

    def put(self, told: Event, *, occurred_at: datetime | None = None) -> None: ...
