"""What patrol says when an incident takes a step, and whose each step is."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar

from shared.contracts.event import event
from shared.contracts.incident_clocks import IncidentClock
from shared.contracts.routing import Routing
from shared.kernel.compartment import Compartment
from shared.kernel.personal_data import FreeText
from shared.kernel.rights import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPersonalData:
    """Free text of a step: it may name people."""

    note: FreeText


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentStepTaken:
    """A step in an incident's life: from which state to which, by whom, towards which unit."""

    event_type: ClassVar[str]
    aggregate: ClassVar[str] = "incident_id"

    incident_id: str
    matter_no: str
    from_state: str
    state: str
    level: str
    at: datetime
    by: str
    unit: str | None
    files: list[str]
    personal: StepPersonalData
    compartment: Compartment | None = None
    # The clocks that the step changed, as they stand now.
    clocks: list[IncidentClock] = field(default_factory=list)


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentAccepted(IncidentStepTaken):
    """The command desk found the report real and within its scope (受理)."""

    event_type: ClassVar[str] = "patrol.incident.accepted.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCancelled(IncidentStepTaken):
    """The report does not meet the filing conditions (注销)."""

    event_type: ClassVar[str] = "patrol.incident.cancelled.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSelfHandled(IncidentStepTaken):
    """Whoever reported a trivial matter put it right on the spot (即办即结).

    `before` are files of how it was, beside those of the report; `files` show how it is now.
    """

    event_type: ClassVar[str] = "patrol.incident.self_handled.v1"

    before: list[str] = field(default_factory=list)


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFiled(IncidentStepTaken):
    """A case file was opened (立案); `routing` says where to by the rules then in force."""

    event_type: ClassVar[str] = "patrol.incident.filed.v1"

    routing: Routing | None = None


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDispatched(IncidentStepTaken):
    """The task went to a unit (派遣); `routing` is the rule that sent it there, where nobody did."""

    event_type: ClassVar[str] = "patrol.incident.dispatched.v1"

    routing: Routing | None = None


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReturned(IncidentStepTaken):
    """The unit sent the task back with a reason (退单)."""

    event_type: ClassVar[str] = "patrol.incident.returned.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRedispatched(IncidentStepTaken):
    """A returned task went out again (重新派遣)."""

    event_type: ClassVar[str] = "patrol.incident.redispatched.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentArbitrated(IncidentStepTaken):
    """The desk decided to which unit a returned task belongs (退单裁定)."""

    event_type: ClassVar[str] = "patrol.incident.arbitrated.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSigned(IncidentStepTaken):
    """The unit took the task over (签收)."""

    event_type: ClassVar[str] = "patrol.incident.signed.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentArrivedAt(IncidentStepTaken):
    """The handler is on the site (到场)."""

    event_type: ClassVar[str] = "patrol.incident.arrived_at.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSuspended(IncidentStepTaken):
    """The desk approved that the clock for handling stands, on a ground the rule permits (中止)."""

    event_type: ClassVar[str] = "patrol.incident.suspended.v1"

    ground: str = ""


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentResumed(IncidentStepTaken):
    """The clock for handling runs again (恢复)."""

    event_type: ClassVar[str] = "patrol.incident.resumed.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentExtended(IncidentStepTaken):
    """The desk approved more time for handling, in the limit's own unit, before it was over (延期)."""

    event_type: ClassVar[str] = "patrol.incident.extended.v1"

    extension: int = 0


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFeedbackGiven(IncidentStepTaken):
    """The handler reported the result with evidence (反馈)."""

    event_type: ClassVar[str] = "patrol.incident.feedback_given.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentChecked(IncidentStepTaken):
    """Somebody other than the handler found the result good (核查)."""

    event_type: ClassVar[str] = "patrol.incident.checked.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReworkOrdered(IncidentStepTaken):
    """The check found the result wanting; the handler works on (返工)."""

    event_type: ClassVar[str] = "patrol.incident.rework_ordered.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClosed(IncidentStepTaken):
    """The command desk closed the case (结案)."""

    event_type: ClassVar[str] = "patrol.incident.closed.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReopened(IncidentStepTaken):
    """A case that had ended was opened again (重新立案)."""

    event_type: ClassVar[str] = "patrol.incident.reopened.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSuspensionAsked(IncidentStepTaken):
    """Who handles the task asked for the limit to stand, on a ground (申请中止)."""

    event_type: ClassVar[str] = "patrol.incident.suspension_asked.v1"

    ground: str = ""


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentExtensionAsked(IncidentStepTaken):
    """Who handles the task asked for more time (申请延期)."""

    event_type: ClassVar[str] = "patrol.incident.extension_asked.v1"

    extension: int = 0


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDelayRefused(IncidentStepTaken):
    """The desk refused what was asked for: `suspend` or `extend` (不批准)."""

    event_type: ClassVar[str] = "patrol.incident.delay_refused.v1"

    refused: str = ""


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentJoinAsked(IncidentStepTaken):
    """A unit was asked to handle the task with the lead one (邀请协办)."""

    event_type: ClassVar[str] = "patrol.incident.join_asked.v1"

    joint_unit: str | None = None


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentJoinAccepted(IncidentStepTaken):
    """A unit that was asked takes part (接受协办)."""

    event_type: ClassVar[str] = "patrol.incident.join_accepted.v1"

    joint_unit: str | None = None


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentJoinRefused(IncidentStepTaken):
    """A unit that was asked does not take part, with a reason (拒绝协办)."""

    event_type: ClassVar[str] = "patrol.incident.join_refused.v1"

    joint_unit: str | None = None


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentJoinFeedbackGiven(IncidentStepTaken):
    """A unit that takes part reported its result with evidence (协办反馈)."""

    event_type: ClassVar[str] = "patrol.incident.join_feedback_given.v1"

    joint_unit: str | None = None


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEscalated(IncidentStepTaken):
    """The matter went to the desk of the next level, as it stands (升级); by itself where a limit ran out."""

    event_type: ClassVar[str] = "patrol.incident.escalated.v1"

    to_level: str = ""
    automatic: bool = False


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentHandedDown(IncidentStepTaken):
    """The matter went to the desk of the level below, as it stands (下交)."""

    event_type: ClassVar[str] = "patrol.incident.handed_down.v1"

    to_level: str = ""


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSupervised(IncidentStepTaken):
    """A desk asked how the matter stands, to be answered within a limit (督办)."""

    event_type: ClassVar[str] = "patrol.incident.supervised.v1"

    number: int = 0
    asking_level: str = ""


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentUrged(IncidentStepTaken):
    """A desk urged what is to be done, or the platform did where little time is left (催办)."""

    event_type: ClassVar[str] = "patrol.incident.urged.v1"

    number: int = 0
    asking_level: str = ""
    automatic: bool = False


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSupervisionAnswered(IncidentStepTaken):
    """Whoever handles it said how it stands, in answer to the supervisions of these numbers (督办答复)."""

    event_type: ClassVar[str] = "patrol.incident.supervision_answered.v1"

    numbers: list[int] = field(default_factory=list)


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEvaluated(IncidentStepTaken):
    """What was thought of the result of a closed case (综合评价)."""

    event_type: ClassVar[str] = "patrol.incident.evaluated.v1"

    satisfaction: str | None = None
    score: int | None = None


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentMerged(IncidentStepTaken):
    """Another incident stands for this one from now on (合并): `into` is its id."""

    event_type: ClassVar[str] = "patrol.incident.merged.v1"

    into: str = ""


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentUnmerged(IncidentStepTaken):
    """The merging was wrong: the incident stands where it stood before, with its limits (撤销合并)."""

    event_type: ClassVar[str] = "patrol.incident.unmerged.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentAttached(IncidentStepTaken):
    """The incident became a part of a larger one (设为子事件): `parent` is its id."""

    event_type: ClassVar[str] = "patrol.incident.attached.v1"

    parent: str = ""


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDetached(IncidentStepTaken):
    """The incident is no part of another any more (解除子事件)."""

    event_type: ClassVar[str] = "patrol.incident.detached.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentConverted(IncidentStepTaken):
    """The incident goes on as a matter of another service, which is asked to take it over (转办)."""

    event_type: ClassVar[str] = "patrol.incident.converted.v1"

    to: str = ""
    basis: str = ""
    consent: bool = False


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentTakenOver(IncidentStepTaken):
    """The other service took the matter over (接办): `their_no` is its number there."""

    event_type: ClassVar[str] = "patrol.incident.taken_over.v1"

    their_no: str | None = None


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentHandedBack(IncidentStepTaken):
    """The other service does not take the matter: it stands where it stood before, with its limits (退回)."""

    event_type: ClassVar[str] = "patrol.incident.handed_back.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentConcluded(IncidentStepTaken):
    """The matter of the other service ended, and the incident with it (关联事项办结)."""

    event_type: ClassVar[str] = "patrol.incident.concluded.v1"

    their_no: str | None = None


def details_of(told: IncidentStepTaken) -> dict[str, Any]:
    """Return what a step tells that not every step does, where it says anything."""
    common = {each.name for each in fields(IncidentStepTaken)}
    said = {each.name: getattr(told, each.name) for each in fields(told) if each.name not in common}
    return {name: value for name, value in said.items() if value is not None}


INCIDENT_STEPS: dict[str, type[IncidentStepTaken]] = {
    "accept": IncidentAccepted,
    "cancel": IncidentCancelled,
    "self-handle": IncidentSelfHandled,
    "file": IncidentFiled,
    "dispatch": IncidentDispatched,
    "return": IncidentReturned,
    "redispatch": IncidentRedispatched,
    "arbitrate": IncidentArbitrated,
    "sign": IncidentSigned,
    "arrive": IncidentArrivedAt,
    "ask-suspend": IncidentSuspensionAsked,
    "ask-extend": IncidentExtensionAsked,
    "suspend": IncidentSuspended,
    "resume": IncidentResumed,
    "extend": IncidentExtended,
    "refuse-delay": IncidentDelayRefused,
    "join": IncidentJoinAsked,
    "join-accept": IncidentJoinAccepted,
    "join-refuse": IncidentJoinRefused,
    "join-feedback": IncidentJoinFeedbackGiven,
    "feedback": IncidentFeedbackGiven,
    "check": IncidentChecked,
    "rework": IncidentReworkOrdered,
    "close": IncidentClosed,
    "evaluate": IncidentEvaluated,
    "reopen": IncidentReopened,
    "escalate": IncidentEscalated,
    "hand-down": IncidentHandedDown,
    "supervise": IncidentSupervised,
    "urge": IncidentUrged,
    "answer": IncidentSupervisionAnswered,
    "merge": IncidentMerged,
    "unmerge": IncidentUnmerged,
    "attach": IncidentAttached,
    "detach": IncidentDetached,
    "convert": IncidentConverted,
    "take-over": IncidentTakenOver,
    "hand-back": IncidentHandedBack,
    "conclude": IncidentConcluded,
}

# Which permission each step takes; `services/patrol/domain/step_table.py` has what else it needs.
STEP_NEEDS: dict[str, Permission] = {
    "accept": Permission.INCIDENT_COMMAND,
    "cancel": Permission.INCIDENT_COMMAND,
    "self-handle": Permission.INCIDENT_HANDLE,
    "file": Permission.INCIDENT_COMMAND,
    "dispatch": Permission.INCIDENT_COMMAND,
    "return": Permission.INCIDENT_HANDLE,
    "redispatch": Permission.INCIDENT_COMMAND,
    "arbitrate": Permission.INCIDENT_COMMAND,
    "sign": Permission.INCIDENT_HANDLE,
    "arrive": Permission.INCIDENT_HANDLE,
    "ask-suspend": Permission.INCIDENT_HANDLE,
    "ask-extend": Permission.INCIDENT_HANDLE,
    "suspend": Permission.INCIDENT_COMMAND,
    "resume": Permission.INCIDENT_HANDLE,
    "extend": Permission.INCIDENT_COMMAND,
    "refuse-delay": Permission.INCIDENT_COMMAND,
    "join": Permission.INCIDENT_COMMAND,
    "join-accept": Permission.INCIDENT_HANDLE,
    "join-refuse": Permission.INCIDENT_HANDLE,
    "join-feedback": Permission.INCIDENT_HANDLE,
    "feedback": Permission.INCIDENT_HANDLE,
    "check": Permission.INCIDENT_CHECK,
    "rework": Permission.INCIDENT_CHECK,
    "close": Permission.INCIDENT_COMMAND,
    "evaluate": Permission.INCIDENT_COMMAND,
    "reopen": Permission.INCIDENT_COMMAND,
    "escalate": Permission.INCIDENT_COMMAND,
    "hand-down": Permission.INCIDENT_COMMAND,
    "supervise": Permission.INCIDENT_COMMAND,
    "urge": Permission.INCIDENT_COMMAND,
    "answer": Permission.INCIDENT_HANDLE,
    "merge": Permission.INCIDENT_COMMAND,
    "unmerge": Permission.INCIDENT_COMMAND,
    "attach": Permission.INCIDENT_COMMAND,
    "detach": Permission.INCIDENT_COMMAND,
    "convert": Permission.INCIDENT_COMMAND,
    "take-over": Permission.INCIDENT_COMMAND,
    "hand-back": Permission.INCIDENT_COMMAND,
    "conclude": Permission.INCIDENT_COMMAND,
}
