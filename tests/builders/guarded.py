"""For every guard of the state table, something it refuses."""

from dataclasses import dataclass, field, replace
from typing import Any

from services.patrol.domain.conversion import Conversion
from services.patrol.domain.incident import Incident, SetAside, State
from services.patrol.domain.links import Links, Other
from shared.contracts.incident_clocks import IncidentClock
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor
from shared.kernel.compartment import Compartment
from shared.kernel.deadlines.colour import turns_orange_at
from tests.builders.actor import a_duty_officer
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


def a_ready_incident(state: State, **changed: Any) -> Incident:
    """Return an incident that stands in a state, and that no guard minds for the desk."""
    ready = {
        "reported_by": "desk",
        "handler": "wang",
        "severity": "L3",
        "clocks": (handling(state),),
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


def a_full_order(**changed: Any) -> StepOrder:
    """Return an order with everything that any step needs."""
    return an_order(
        **{
            "before": ["file-0"],
            "extension": 5,
            "to": "mediation",
            "consent": True,
            "into": "incident-2",
            "parent": "incident-2",
            **changed,
        }
    )
