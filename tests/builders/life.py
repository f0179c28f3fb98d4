"""Lives of incidents as patrol would tell them: real steps with real limits, at made-up times."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, get_args

from services.patrol.domain.clocks import begun
from services.patrol.domain.step_table import STEP_TABLE, after
from shared.contracts.event import Event
from shared.contracts.patrol import Satisfaction, StepOrder
from shared.kernel.actor import Actor
from shared.kernel.errors import Invalid, RuleBroken
from tests.builders.actor import a_duty_officer, a_grid_member
from tests.builders.counting import counting
from tests.builders.incident import an_incident
from tests.builders.told import a_step_taken, an_incident_reported

ORDER = StepOrder(
    note="写明",
    unit="water",
    files=["f-1"],
    before=["f-0"],
    extension=1,
    ground="approved_suspension",
    satisfaction="satisfied",
    score=90,
)
DESK, HANDLER = a_duty_officer("chen"), a_grid_member("wang")
OFFICERS = [DESK, *map(a_duty_officer, ("liu", "zhou", "wu", "sun", "qian"))]
BY_HANDLER = {"sign", "arrive", "feedback", "return", "resume", "ask-suspend", "ask-extend"}
_SATISFACTION = get_args(Satisfaction)
# Steps that ask for no other incident.
WALKED = (
    *("accept", "cancel", "self-handle", "file", "dispatch", "return", "redispatch", "arbitrate"),
    *("sign", "arrive", "suspend", "resume", "extend", "feedback", "check", "rework", "close"),
    *("ask-suspend", "ask-extend", "evaluate", "reopen"),
)
# What leads an incident back, or stops it, and so would keep it from ever ending.
_RARE = dict.fromkeys(("return", "rework", "arrive", "suspend", "extend", "reopen"), 1)
_REPORTED = (
    *("incident_id", "matter_no", "category", "severity", "source", "lon", "lat"),
    *("place", "observed_at", "reported_at", "reported_by", "level"),
)


class Life:
    """One incident, and what was told of it so far."""

    def __init__(self, reported_at: datetime, **changed: Any) -> None:
        given: dict[str, Any] = {"observed_at": reported_at, "reported_by": "chen"} | changed
        self.incident = begun(an_incident(reported_at=reported_at, **given), counting())
        facts = {name: getattr(self.incident, name) for name in _REPORTED}
        self.told: list[Event] = [
            an_incident_reported(**facts, clocks=list(self.incident.clocks)),
        ]

    def take(
        self, step: str, at: datetime, actor: Actor | None = None, order: StepOrder = ORDER
    ) -> "Life":
        """Let somebody take a step; raises what refuses it."""
        before = self.incident
        by = actor or (HANDLER if step in BY_HANDLER else DESK)
        self.incident = moved = after(step, before, order, by, counting(), at=at)
        self.told.append(
            a_step_taken(
                step,
                incident_id=moved.incident_id,
                matter_no=moved.matter_no,
                from_state=before.state.value,
                state=moved.state.value,
                level=moved.level,
                at=at,
                unit=moved.unit,
                clocks=[clock for clock in moved.clocks if clock not in before.clocks],
                **{name: getattr(order, name) for name in STEP_TABLE[step].tells},
            )
        )
        return self

    def walk(self, chance: random.Random, steps: int) -> "Life":
        """Let it walk at random along the state table; a guard may refuse a step."""
        at = self.incident.reported_at
        for _ in range(steps):
            at += timedelta(minutes=chance.expovariate(1 / 300))
            may = [name for name in WALKED if self.incident.state in STEP_TABLE[name].moves]
            try:
                [step] = chance.choices(may, [_RARE.get(name, 6) for name in may])
                by = DESK if step == "self-handle" else chance.choice(OFFICERS)
                self.take(step, at, by, replace(ORDER, satisfaction=chance.choice(_SATISFACTION)))
            except (RuleBroken, Invalid):  # somebody else may take it, or it has to wait
                continue
        return self
