"""An incident that goes on as the matter of another service, and comes back when that does not take it."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor

if TYPE_CHECKING:
    from services.patrol.domain.incident import Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """To which service an incident goes or went last, for the how-manieth time, and its number there."""

    number: int
    to: str
    taken_over: bool = False
    their_no: str | None = None

    def name(self, incident_id: str) -> str:
        """Return what both sides call it."""
        return self.names(incident_id)[-1]

    def names(self, incident_id: str) -> list[str]:
        """Return what both sides call it and all before it."""
        return [f"{incident_id}.{number}" for number in range(1, self.number + 1)]


def converted(incident: "Incident", order: StepOrder, _: Actor) -> "Incident":
    before = 0 if incident.conversion is None else incident.conversion.number
    return replace(incident, conversion=Conversion(number=before + 1, to=order.to or ""))


def taken_over(incident: "Incident", order: StepOrder, _: Actor) -> "Incident":
    return replace(incident, conversion=_answered(incident, order))


def concluded(incident: "Incident", order: StepOrder, _: Actor) -> "Incident":
    return replace(incident, conversion=_answered(incident, order), set_aside=None)


def _answered(incident: "Incident", order: StepOrder) -> Conversion | None:
    kept = incident.conversion
    if kept is None:
        return None
    return replace(kept, taken_over=True, their_no=order.their_no or kept.their_no)
