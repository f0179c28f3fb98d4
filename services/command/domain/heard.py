"""An event as command hears it: what was told, and its number among those of its aggregate."""

from dataclasses import dataclass

from shared.contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One event from the bus or from the record of the service that told it."""

    told: Event
    event_id: str
    event_type: str
    sequence: int
