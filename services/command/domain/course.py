"""The course of a matter: the facts that indicators count, folded from what was told of it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.command.domain.standing import CANCELLED, DONE
from shared.contracts.event import Event
from shared.contracts.incident_clocks import IncidentClock
from shared.contracts.incident_steps import (
    IncidentArbitrated,
    IncidentDispatched,
    IncidentFeedbackGiven,
    IncidentFiled,
    IncidentRedispatched,
    IncidentReopened,
    IncidentReturned,
    IncidentReworkOrdered,
    IncidentStepTaken,
)
from shared.contracts.patrol import IncidentReported
from shared.kernel.clock import CHINA

_LEVELS = ("district", "street", "community", "cell")
_VOID = "void"
# By kind of clock, where its limit and what met it are kept.
_LIMITS = {
    "accept": ("accept_due_at", "accepted_at"),
    "dispatch": ("dispatch_due_at", "dispatched_at"),
    "on_site": ("on_site_due_at", "on_site_at"),
    "handle": ("handle_due_at", "handled_at"),
}
_COUNTED: dict[type[IncidentStepTaken], tuple[str, ...]] = {
    IncidentDispatched: ("dispatches",),
    IncidentRedispatched: ("dispatches",),
    IncidentArbitrated: ("dispatches", "arbitrations"),
    IncidentReturned: ("returns",),
    IncidentReworkOrdered: ("reworks",),
    IncidentReopened: ("reopens",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What became of one matter; it holds no names and no words of anybody.

    A limit's `…_due_at` is None while it stands suspended, when it was voided, and before it begins.
    `spot` is a number that matters of one category in one cell share, fast to look for. `due_at` is the matter's own due date: that of the task that is out, else of dispatching, else of
    accepting. Days are China's, numbered as `date.toordinal` does.
    """

    matter_no: str
    subject_id: str
    district_code: str | None
    street_code: str | None
    community_code: str | None
    cell_code: str | None
    spot: int | None
    category: str
    severity: str
    source: str
    level: str
    state: str
    lon: float
    lat: float
    reported_at: datetime
    reported_day: int
    accept_due_at: datetime | None = None
    accepted_at: datetime | None = None
    dispatch_due_at: datetime | None = None
    dispatched_at: datetime | None = None
    on_site_due_at: datetime | None = None
    on_site_at: datetime | None = None
    has_task: bool = False
    handle_due_at: datetime | None = None
    handled_at: datetime | None = None
    due_at: datetime | None = None
    filed_at: datetime | None = None
    fed_back_at: datetime | None = None
    ended_at: datetime | None = None
    ended_day: int | None = None
    dispatches: int = 0
    arbitrations: int = 0
    returns: int = 0
    reworks: int = 0
    reopens: int = 0
    satisfaction: str | None = None


def followed(course: Course | None, told: Event) -> Course | None:
    """Return the course after an event of its matter; None when its beginning is not known.

    Matters that were reported before courses were kept get theirs by a rebuild.
    """
    if isinstance(told, IncidentReported):
        course = _begun_by(told)
    elif course is None:
        return None
    elif isinstance(told, IncidentStepTaken):
        course = _moved_by(course, told)
    return _dated(_with_clocks(course, getattr(told, "clocks", ())))


def _begun_by(told: IncidentReported) -> Course:
    areas = {level: getattr(told.place, level) for level in _LEVELS}
    codes = {f"{level}_code": area and area.code for level, area in areas.items()}
    return Course(
        matter_no=told.matter_no,
        subject_id=told.incident_id,
        **codes,
        spot=_spot(codes["cell_code"], told.category),
        category=told.category,
        severity=told.severity,
        source=told.source,
        level=told.level,
        state=told.state,
        lon=told.lon,
        lat=told.lat,
        reported_at=told.reported_at,
        reported_day=_day_of(told.reported_at),
    )


def _spot(cell: str | None, category: str) -> int | None:
    if cell is None:
        return None
    digest = hashlib.blake2b(f"{cell}/{category}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def _moved_by(course: Course, told: IncidentStepTaken) -> Course:
    is_end = told.state in DONE or told.state == CANCELLED
    ended_at = (course.ended_at or told.at) if is_end else None
    moved = replace(
        course,
        state=told.state,
        level=told.level,
        ended_at=ended_at,
        ended_day=None if ended_at is None else _day_of(ended_at),
    )
    counts = {name: getattr(moved, name) + 1 for name in _COUNTED.get(type(told), ())}
    moved = replace(moved, **counts, **_firsts(course, told))
    return _task_begun_anew(moved) if isinstance(told, IncidentReopened) else moved


def _firsts(course: Course, told: IncidentStepTaken) -> dict[str, Any]:
    """Return what a step says that no later one of its kind changes, and the latest evaluation."""
    firsts: dict[str, Any] = {}
    if isinstance(told, IncidentFiled) and course.filed_at is None:
        firsts["filed_at"] = told.at
    if isinstance(told, IncidentFeedbackGiven) and course.fed_back_at is None:
        firsts["fed_back_at"] = told.at
    satisfaction = _satisfaction_of(told)
    return firsts if satisfaction is None else firsts | {"satisfaction": satisfaction}


def _satisfaction_of(told: IncidentStepTaken) -> str | None:
    """Return how satisfied an evaluation says somebody is, or None: other steps do not say."""
    said: str | None = getattr(told, "satisfaction", None)
    return said


def _task_begun_anew(course: Course) -> Course:
    """Return it without the limits of the round that is over; the counts of what happened stay."""
    none = {name: None for names in _LIMITS.values() for name in names}
    return replace(course, has_task=False, satisfaction=None, **none)  # type: ignore[arg-type]


def _with_clocks(course: Course, clocks: Iterable[IncidentClock]) -> Course:
    """Return it with what these clocks say now; the last of a kind is the one that counts."""
    changed: dict[str, Any] = {}
    for clock in sorted(clocks, key=lambda each: each.number):
        if clock.kind not in _LIMITS:
            continue
        due, met = _LIMITS[clock.kind]
        is_void = clock.outcome == _VOID
        changed[due] = None if is_void else clock.deadline.due_current
        changed[met] = None if is_void else clock.ended_at
        if clock.kind == "handle":
            changed["has_task"] = not is_void
    return replace(course, **changed)


def _dated(course: Course) -> Course:
    due_at = course.handle_due_at if course.has_task else course.dispatch_due_at
    if due_at is None and not course.has_task:
        due_at = course.accept_due_at
    return replace(course, due_at=due_at)


def _day_of(moment: datetime) -> int:
    return moment.astimezone(CHINA).date().toordinal()
