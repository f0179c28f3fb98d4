"""What an incident has to do with others: merged into one, or a part of a larger matter."""

from dataclasses import dataclass

from shared.kernel.compartment import Compartment


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """The other incident that an order names, as far as it matters."""

    incident_id: str
    matter_no: str
    state: str
    is_open: bool
    compartment: Compartment | None = None
    has_parent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """An incident among others, as far as a step looks round for them.

    `into` is the id of the one it was merged into, `parent` that of the one it is a part of; `merged` and
    `children` say how many were merged into it or are parts of it.
    """

    into: str | None = None
    parent: str | None = None
    merged: int = 0
    children: int = 0
    open_children: int = 0
    other: Other | None = None


NO_LINKS = Links()
