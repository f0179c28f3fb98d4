"""For every guard of the state table, something it refuses."""

from dataclasses import dataclass, field, replace
from typing import Any

from services.patrol.domain.conversion import Conversion
from services.patrol.domain.delay import AskedDelay
from services.patrol.domain.incident import Incident, SetAside, State
from services.patrol.domain.joint import MOST_UNITS, Answer, JointUnit
from services.patrol.domain.links import Links, Other
from services.patrol.domain.supervision import MOST_SUPERVISIONS, Asking, Supervision
from shared.contracts.incident_clocks import IncidentClock
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor
from shared.kernel.compartment import Compartment
from shared.kernel.deadlines.colour import turns_orange_at
from tests.builders.actor import a_department_user, a_duty_officer
from tests.builders.counting import counting
from tests.builders.incident import NOW, an_incident, an_order

DESK = a_duty_officer()
# From here it may come back to where it stood before.
SET_ASIDE = {State.CANCELLED: State.REPORTED, State.LINKED: State.FILED}
COMMUNITY_DESK = a_duty_officer("li", place_code="420802001013")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """How an incident, an order and their taker differ from what the step is taken with."""

    incident: dict[str, Any] = field(default_factory=dict)
    order: dict[str, Any] = field(default_factory=dict)
    actor: Actor = DESK


UNIT = "urban-management"
SUPERVISED = Supervision(number=1, kind=Asking.SUPERVISE, level="street", at=NOW)


def asked_in(answer: Answer, unit: str = UNIT) -> JointUnit:
    return JointUnit(unit=unit, invited_at=NOW, answer=answer)


def a_delay(kind: str, by: str = "wang") -> AskedDelay:
    """Return what was asked for before the step that approves it."""
    return AskedDelay(kind=kind, by=by, at=NOW, ground="approved_suspension", extension=5)


# What a step is taken about, beside the state it is taken in.
READY: dict[str, dict[str, Any]] = {
    "suspend": {"asked": a_delay("suspend", by="asker")},
    "extend": {"asked": a_delay("extend", by="asker")},
    "refuse-delay": {"asked": a_delay("extend")},
    "join-accept": {"joint": (asked_in(Answer.INVITED),)},
    "join-refuse": {"joint": (asked_in(Answer.INVITED),)},
    "join-feedback": {"joint": (asked_in(Answer.ACCEPTED),)},
    "hand-down": {"level": "street"},
    "answer": {"supervisions": (SUPERVISED,)},
}


def beside(**changed: Any) -> Links:
    """Return the links of a part of a larger matter, with another incident that nobody minds."""
    other = Other(
        incident_id="incident-2", matter_no="P20261123-0000026", state="filed", is_open=True
    )
    return Links(parent="incident-3", other=replace(other, **changed))


REFUSED: dict[str, Refused] = {
    "closed_to_unit": Refused(
        incident={"compartment": Compartment(units=("water",), accounts=(), only=())},
        order={"unit": "water"},
    ),
    "return_limit_reached": Refused(incident={"return_count": 2}),
    "arbitration_needed": Refused(incident={"return_count": 2}),
    "held_above": Refused(incident={"level": "district"}, actor=COMMUNITY_DESK),
    "no_desk_above": Refused(incident={"level": "district"}),
    "no_desk_below": Refused(incident={"level": "community"}),
    "unit_is_lead": Refused(incident={"unit": UNIT}),
    "unit_asked_already": Refused(incident={"joint": (asked_in(Answer.ACCEPTED),)}),
    "too_many_units": Refused(
        incident={"joint": tuple(asked_in(Answer.DONE, f"unit-{n}") for n in range(MOST_UNITS))}
    ),
    "answers_for_another_unit": Refused(actor=a_department_user("zhou", unit="water")),
    "unit_not_asked": Refused(incident={"joint": (asked_in(Answer.REFUSED),)}),
    "unit_did_not_accept": Refused(incident={"joint": (asked_in(Answer.DONE),)}),
    "of_a_joint_unit": Refused(
        incident={"joint": (asked_in(Answer.DONE, "water"),)},
        actor=a_department_user("zhou", unit="water"),
    ),
    "joint_units_outstanding": Refused(incident={"joint": (asked_in(Answer.ACCEPTED),)}),
    "suspension_not_asked": Refused(incident={"asked": a_delay("extend")}),
    "extension_not_asked": Refused(incident={"asked": None}),
    "no_delay_asked": Refused(incident={"asked": None}),
    "delay_asked_already": Refused(incident={"asked": a_delay("suspend")}),
    "approves_own_request": Refused(actor=a_duty_officer("asker")),
    "evaluates_own_work": Refused(incident={"workers": ("desk",)}),
    "too_many_supervisions": Refused(incident={"supervisions": (SUPERVISED,) * MOST_SUPERVISIONS}),
    "nothing_to_answer": Refused(incident={"supervisions": ()}),
    "desk_below_level": Refused(incident={"level": "street"}, actor=COMMUNITY_DESK),
    "arbitrated_at_this_level": Refused(
        incident={"arbitrated_level": "community"}, actor=COMMUNITY_DESK
    ),
    "handler_checks_own_work": Refused(incident={"handler": "wang", "workers": ("desk", "wang")}),
    "approves_own_delay": Refused(incident={"workers": ("desk",)}),
    "no_clock": Refused(incident={"clocks": ()}),
    "not_the_reporter": Refused(incident={"reported_by": "wang"}),
    "not_trivial": Refused(incident={"severity": "L4"}),
    "same_incident": Refused(incident={"links": beside(incident_id="incident-1")}),
    "other_ended": Refused(incident={"links": beside(is_open=False)}),
    "compartments_differ": Refused(
        incident={"links": beside(compartment=Compartment(units=(), accounts=("li",), only=()))}
    ),
    "other_takes_no_part": Refused(incident={"links": beside(has_parent=True)}),
    "others_merged_into_it": Refused(incident={"links": Links(merged=1)}),
    "has_children": Refused(incident={"links": Links(children=1)}),
    "child_open": Refused(incident={"links": Links(children=2, open_children=1)}),
    "not_merged": Refused(incident={"set_aside": None}),
    "not_a_part": Refused(incident={"links": Links()}),
    "consent_needed": Refused(order={"consent": False}),
    "taken_over_already": Refused(
        incident={"conversion": Conversion(number=1, to="mediation", taken_over=True)}
    ),
    "no_photo_before": Refused(order={"before": []}),
}


def a_ready_incident(state: State, step: str = "", **changed: Any) -> Incident:
    """Return an incident that stands in a state, and that no guard of a step minds for the desk."""
    ready = {
        "reported_by": "desk",
        "handler": "wang",
        "severity": "L3",
        "clocks": (handling(state),),
        **READY.get(step, {}),
        "links": beside(),
        "set_aside": SetAside(state=SET_ASIDE[state], at=NOW) if state in SET_ASIDE else None,
        "conversion": Conversion(number=1, to="mediation") if state is State.LINKED else None,
    }
    return an_incident(state, **{**ready, **changed})


def handling(state: State) -> IncidentClock:
    """Return the clock for handling as it is in a state; that of a complex incident may be extended."""
    deadline = counting().begin("incident.l4.handle", NOW)
    if state is State.SUSPENDED:
        deadline = counting().suspend(deadline, NOW, "approved_suspension")
    warn_at = turns_orange_at(deadline, counting())
    return IncidentClock(number=1, kind="handle", deadline=deadline, warn_at=warn_at)


_MORE: dict[str, Any] = {
    "before": ["file-0"],
    "extension": 5,
    "satisfaction": "satisfied",
    "score": 90,
    "to": "mediation",
    "consent": True,
    "into": "incident-2",
    "parent": "incident-2",
}


def a_full_order(**changed: Any) -> StepOrder:
    """Return an order with everything that any step needs."""
    return an_order(**{**_MORE, **changed})
