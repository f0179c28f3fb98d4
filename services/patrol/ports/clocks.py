"""What is needed of the clocks of many incidents."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.contracts.incident_clocks import IncidentClock, IncidentClocksMoved
from shared.kernel.compartment import Compartment


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
