"""What every event on the bus has in common, and the list of all of them."""

from typing import Any, ClassVar, Protocol, TypeVar


class Event(Protocol):
    """A frozen dataclass told by one service to whoever listens.

    `event_type` is its name and routing key, `<service>.<thing>.<past participle>.v<n>`;
    `aggregate` names the field whose value orders events among themselves.
    """

    event_type: ClassVar[str]
    aggregate: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


EVENTS: dict[str, type[Event]] = {}
# Events no service listens to yet: that nobody hears them is no mistake.
UNHEARD: set[str] = set()

EventClass = TypeVar("EventClass", bound=type[Event])


def event(contract: EventClass) -> EventClass:
    """Enter the event into the list by its type; two of one name are a mistake."""
    if contract.event_type in EVENTS:
        raise TypeError(f"two events are called {contract.event_type}")
    EVENTS[contract.event_type] = contract
    return contract


def unheard(contract: EventClass) -> EventClass:
    """Mark an event that is told though no service listens to it yet."""
    UNHEARD.add(contract.event_type)
    return contract


def aggregate_id(told: Event) -> str:
    """Return what the event happened to."""
    return str(getattr(told, told.aggregate))


def source_of(contract: type[Event]) -> str:
    """Return the service that tells this event."""
    return contract.event_type.partition(".")[0]
