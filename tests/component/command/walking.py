"""Incidents that walk at random along their state table, as people take them."""

import random
from dataclasses import asdict
from typing import Any

from services.patrol.domain.incident import State
from services.patrol.domain.step_table import STEP_TABLE
from shared.kernel.actor import Actor
from shared.kernel.errors import Invalid, RuleBroken
from tests.builders.actor import a_duty_officer
from tests.component.district import CELLS, a_point_in
from tests.component.running import Running

ORDER = {
    "note": "写明",
    "unit": "water",
    "files": ["f-1"],
    "extension": 1,
    "satisfaction": "satisfied",
    "score": 90,
}


def report(running: Running, cell: str, *, actor: Actor, **changed: Any) -> dict[str, Any]:
    body = {"category": "05", "title": "垃圾成堆", "location": asdict(a_point_in(cell))}
    opened: dict[str, Any] = running.ask(
        "patrol", "report_incident", actor=actor, report=body | changed
    )
    return opened


def take(running: Running, incident_id: str, step: str, actor: Actor) -> dict[str, Any]:
    moved: dict[str, Any] = running.ask(
        "patrol", "take_step", actor=actor, incident_id=incident_id, step=step, order=ORDER
    )
    return moved


class Walkers:
    """Some incidents, and what may happen to them next; the same seed walks the same way."""

    def __init__(self, running: Running, seed: int) -> None:
        self._running = running
        self._random = random.Random(seed)
        self._states: dict[str, State] = {}
        self._officers = [a_duty_officer(name) for name in ("chen", "liu", "zhou")]

    def report(self) -> None:
        opened = report(
            self._running,
            self._random.choice(CELLS),
            actor=self._random.choice(self._officers),
            category=self._random.choice(["01", "05", "06"]),
            severity=self._random.choice(["L1", "L2", "L3", "L4"]),
        )
        self._states[opened["id"]] = State(opened["state"])

    def step(self) -> None:
        """Let one incident take a step that may follow; a guard may refuse it."""
        incident_id = self._random.choice(list(self._states))
        state = self._states[incident_id]
        steps = [step for step, row in STEP_TABLE.items() if state in row.moves]
        if not steps:
            return
        officer = self._random.choice(self._officers)
        try:
            moved = take(self._running, incident_id, self._random.choice(steps), officer)
        except (RuleBroken, Invalid):  # a limit that cannot be extended is no rule of the table
            return
        self._states[incident_id] = State(moved["state"])

    def walk(self, moves: int) -> None:
        for _ in range(moves):
            if not self._states or self._random.random() < 0.15:
                self.report()
            else:
                self.step()
