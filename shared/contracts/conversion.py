"""How an incident goes on as the matter of another service, and what that service answers (rules INC-04, MED-20)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from shared.contracts.event import event, source_of, unheard
from shared.contracts.patrol import ContactPersonalData
from shared.kernel.compartment import Compartment
from shared.kernel.personal_data import FreeText
from shared.kernel.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOverPersonalData:
    """What people wrote of the incident, why it goes on there, and whom to ask; of an anonymous report nobody."""

    title: FreeText
    description: FreeText
    note: FreeText
    contact: ContactPersonalData | None = None


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentHandedOver:
    """An incident shall go on as a matter of the service `to`: all that it needs to begin one (转办).

    It answers with its `….conversion.answered.v1` about the same `conversion` by `due_at`, and takes it for
    one however often it hears it. The matter keeps `matter_no` as the one case code (一案一码). `basis` is
    one of inform (告知), assign (委派), entrust (委托), transfer (移交); `consent` says that both parties agreed.
    """

    event_type: ClassVar[str] = "patrol.incident.handed_over.v1"
    # No event of the incident itself, of which others hear all in their order.
    aggregate: ClassVar[str] = "conversion"

    incident_id: str
    matter_no: str
    conversion: str
    number: int
    to: str
    basis: str
    consent: bool
    category: str
    severity: str
    level: str
    lon: float
    lat: float
    place: Place
    observed_at: datetime
    reported_at: datetime
    files: list[str]
    at: datetime
    by: str
    due_at: datetime | None
    personal: HandedOverPersonalData
    compartment: Compartment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPersonalData:
    """Why it is refused, or how it ended, in words: they may name people."""

    reason: FreeText


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionAnswered:
    """What a service says of a matter handed over to it: that it took it on, that it does not, how it ended.

    `conversion` and `number` are those it was handed over under; `matter_no` is the number of its own.
    """

    event_type: ClassVar[str]
    aggregate: ClassVar[str] = "conversion"

    conversion: str
    incident_id: str
    number: int
    outcome: Literal["accepted", "refused", "concluded"]
    matter_no: str | None
    at: datetime
    personal: AnswerPersonalData


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class MediationAnswered(ConversionAnswered):
    """Mediation answered for an incident handed over to it (调解回执)."""

    event_type: ClassVar[str] = "mediation.conversion.answered.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class PetitionAnswered(ConversionAnswered):
    """The petition office answered for an incident handed over to it (信访回执)."""

    event_type: ClassVar[str] = "petition.conversion.answered.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class EnforcementAnswered(ConversionAnswered):
    """Enforcement answered for an incident handed over to it (执法回执)."""

    event_type: ClassVar[str] = "enforcement.conversion.answered.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyAnswered(ConversionAnswered):
    """The emergency desk answered for an incident handed over to it (应急回执)."""

    event_type: ClassVar[str] = "emergency.conversion.answered.v1"


# By the service that gives each.
ANSWERS: dict[str, type[ConversionAnswered]] = {
    source_of(contract): contract
    for contract in (MediationAnswered, PetitionAnswered, EnforcementAnswered, EmergencyAnswered)
}
RECEIVERS = tuple(ANSWERS)
