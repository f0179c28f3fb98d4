"""An incident that goes on elsewhere is set aside: it may come back to where it stood, with its clocks."""

from dataclasses import replace
from datetime import datetime

from services.patrol.domain.clocks import VOID
from services.patrol.domain.incident import Incident, SetAside, State


def put_aside(incident: Incident, state: State, *, at: datetime) -> Incident:
    """Return the incident in a state in which no limit of before counts, and which it may come back from."""
    clocks = tuple(
        replace(clock, ended_at=at, outcome=VOID) if clock.runs else clock
        for clock in incident.clocks
    )
    kept = SetAside(state=incident.state, at=at)
    return replace(incident.moved(state, at=at), set_aside=kept, clocks=clocks)


def brought_back(incident: Incident, state: State, *, at: datetime) -> Incident:
    """Return the incident where it stood, or in *state* when that is not known.

    The clocks that ran then run on as if they had not ended: what was wrong gives nobody more time.
    """
    kept = incident.set_aside
    if kept is None:
        return incident.moved(state, at=at)
    clocks = tuple(
        replace(clock, ended_at=None, outcome=None)
        if clock.outcome == VOID and clock.ended_at == kept.at
        else clock
        for clock in incident.clocks
    )
    return replace(incident.moved(kept.state, at=at), set_aside=None, clocks=clocks)
