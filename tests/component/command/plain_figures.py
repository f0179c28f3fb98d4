"""The indicators counted as slowly and plainly as can be, from what was told and from nothing else."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from shared.contracts.event import Event
from shared.contracts.incident_clocks import IncidentClock
from shared.kernel.clock import CHINA

# Of each indicator: by which date, of whom, and who of them counts.
Rule = tuple[str, Callable[["Case"], bool], Callable[["Case", list["Case"]], bool]]


class Case:
    """One matter, as what was told of it says at the end."""

    def __init__(self, told: list[Event]) -> None:
        self.report: Any = told[0]
        self.steps: list[Any] = told[1:]
        self.state = told[-1].state  # type: ignore[attr-defined]

    @property
    def matter_no(self) -> str:
        return str(self.report.matter_no)

    def names(self) -> list[str]:
        return [step.event_type.split(".")[2] for step in self.steps]

    def first(self, name: str) -> datetime | None:
        return next(
            (s.at for s, n in zip(self.steps, self.names(), strict=True) if n == name), None
        )

    def clock(self, kind: str) -> IncidentClock | None:
        """Return the last clock of a kind in the present round, or None where it was voided."""
        found: dict[int, IncidentClock] = {}
        for told, name in zip([self.report, *self.steps], ["reported", *self.names()], strict=True):
            if name == "reopened":
                found.clear()
            found |= {clock.number: clock for clock in told.clocks if clock.kind == kind}
        last = found[max(found)] if found else None
        return None if last is None or last.outcome == "void" else last

    def due(self, kind: str) -> datetime | None:
        clock = self.clock(kind)
        return None if clock is None else clock.deadline.due_current

    def date(self, dated: str) -> datetime | None:
        if dated == "reported":
            return self.report.reported_at  # type: ignore[no-any-return]
        if dated == "dispatch":
            return self.due("dispatch")
        for kind in ("handle", "dispatch", "accept"):
            if self.clock(kind) is not None:
                return self.due(kind)
        return None

    def in_time(self, kind: str) -> bool:
        clock = self.clock(kind)
        if clock is None or clock.ended_at is None or clock.deadline.due_current is None:
            return False
        return clock.ended_at <= clock.deadline.due_current

    def done_at(self) -> datetime | None:
        """Return when it was done for good, not counting what was cancelled."""
        if self.state not in ("closed", "evaluated", "self_handled"):
            return None
        done = [step.at for step in self.steps if step.state in ("closed", "self_handled")]
        return done[-1]  # type: ignore[no-any-return]

    def satisfaction(self) -> str | None:
        """Return what was said after the matter was closed the last time."""
        told = [step for step in self.steps if step.state in ("reported", "filed", "evaluated")]
        return getattr(told[-1], "satisfaction", None) if told else None

    def follows(self, other: "Case", days: int, degrees: float) -> bool:
        done, mine, theirs = other.done_at(), self.report, other.report
        if done is None or other is self or done > mine.reported_at or mine.place.cell is None:
            return False
        apart = mine.reported_at.astimezone(CHINA).date() - done.astimezone(CHINA).date()
        return bool(
            mine.place.cell == theirs.place.cell
            and mine.category == theirs.category
            and apart <= timedelta(days=days)
            and abs(mine.lon - theirs.lon) <= degrees
            and abs(mine.lat - theirs.lat) <= degrees
        )


def _ever(name: str) -> Callable[[Case, list[Case]], bool]:
    return lambda case, _: name in case.names()


def _dispatched(case: Case) -> bool:
    return not {"dispatched", "redispatched", "arbitrated"}.isdisjoint(case.names())


RULES: dict[str, Rule] = {
    "reported": ("reported", lambda _: True, lambda _, __: True),
    "filing_rate": ("due", lambda c: c.state != "self_handled", _ever("filed")),
    "dispatch_on_time_rate": ("dispatch", lambda _: True, lambda c, _: c.in_time("dispatch")),
    "handling_on_time_rate": (
        "due",
        lambda c: c.clock("handle") is not None,
        lambda c, _: c.in_time("handle"),
    ),
    "closing_rate": (
        "due",
        lambda c: "filed" in c.names(),
        lambda c, _: c.state in ("closed", "evaluated"),
    ),
    "rework_rate": ("due", lambda c: "feedback_given" in c.names(), _ever("rework_ordered")),
    "return_rate": ("due", _dispatched, _ever("returned")),
    "recurrence_rate": (
        "due",
        lambda _: True,
        lambda c, all_: (
            "reopened" in c.names() or any(c.follows(o, 30, 50 / 111_320) for o in all_)
        ),
    ),
    "satisfaction_rate": (
        "due",
        lambda c: c.satisfaction() in ("satisfied", "basically_satisfied", "dissatisfied"),
        lambda c, _: c.satisfaction() != "dissatisfied",
    ),
}


def cases_of(told: Iterable[Event]) -> list[Case]:
    by_matter: defaultdict[str, list[Event]] = defaultdict(list)
    for event in told:
        by_matter[event.matter_no].append(event)  # type: ignore[attr-defined]
    return [Case(events) for events in by_matter.values()]


def plain_rows(
    name: str, cases: list[Case], place: str, since: datetime, until: datetime
) -> dict[str, set[str]]:
    """Return the numbers of the matters in each part of an indicator."""
    dated, of, counts = RULES[name]
    here = []
    for case in cases:
        date = case.date(dated)
        is_here = place == "*" or place in case.report.place.codes
        if is_here and date is not None and since <= date < until:
            here.append(case)
    kept = [case for case in here if case.state != "cancelled"]
    denominator = [case for case in kept if of(case)]
    return {
        "numerator": {c.matter_no for c in denominator if counts(c, cases)},
        "denominator": {c.matter_no for c in denominator},
        "excluded": {c.matter_no for c in here} - {c.matter_no for c in kept},
    }
