"""Incidents of two years for the growth benchmark: how each was reported, and what happened since."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from deploy.bench.growth_places import some_places
from deploy.bench.growth_words import MENTIONS, Vocabulary
from deploy.demo.incident_course import STEPS
from deploy.demo.incident_kinds import KINDS
from deploy.demo.incident_topics import TOPICS
from services.patrol.domain.incident import Incident, State, first_level
from services.patrol.domain.step_table import STEP_TABLE
from shared.kernel.ids import new_id
from shared.kernel.matter_no import matter_no
from shared.kernel.place import Place, Point

SPAN = timedelta(days=730)
_CANCELLED, _STUCK = 0.06, 0.01
_HOURS_A_STEP = 9.0
_SERIALS = 999_999


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was taken, between which states and when."""

    name: str
    from_state: State
    to_state: State
    at: datetime


@dataclass(frozen=True, slots=True)
class Course:
    """An incident as it was reported, as it stands now, and the steps between."""

    opened: Incident
    incident: Incident
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """A part of a story: incidents from number `first` on, of `size` in two years before `until`."""

    first: int
    count: int
    size: int
    until: datetime


def story(portion: Portion, words: Vocabulary) -> Iterator[Course]:
    """Yield the incidents of a portion in the order of time."""
    chance = random.Random(portion.first)  # noqa: S311 – the same at every run
    places = some_places(portion.count, chance)
    shares = [kind.share for kind in KINDS.values()]
    codes = chance.choices(list(KINDS), shares, k=portion.count)
    for offset, (place, code) in enumerate(zip(places, codes, strict=True)):
        number = portion.first + offset
        at = portion.until - SPAN * (1 - (number + chance.random()) / portion.size)
        opened = _opened(number, at, code, place, words, chance)
        if number % (portion.size // MENTIONS) == 0:
            mention = words.seldom(number // (portion.size // MENTIONS))
            opened = replace(opened, description=f"{opened.description}店名{mention}。")
        yield _course(opened, portion.until, chance)


def _opened(
    number: int, at: datetime, code: str, place: Place, words: Vocabulary, chance: random.Random
) -> Incident:
    topic = chance.choice(TOPICS[code])
    point = Point(lon=112 + chance.random() / 2, lat=31 + chance.random() / 2)
    sources = KINDS[code].sources
    return Incident(
        incident_id=new_id(at),
        matter_no=matter_no("P", at.date(), number % _SERIALS + 1),
        state=State.REPORTED,
        level=first_level(topic.severity),
        category=code,
        severity=topic.severity,
        source=chance.choices(list(sources), list(sources.values()))[0],
        title=topic.title,
        description=words.description(topic, chance),
        location=point,
        lon=point.lon,
        lat=point.lat,
        place=place,
        observed_at=at,
        reported_at=at,
        reported_by=f"member-{chance.randrange(400)}",
        is_anonymous=chance.random() < 0.05,
        updated_at=at,
    )


def _course(opened: Incident, until: datetime, chance: random.Random) -> Course:
    state, at, steps = opened.state, opened.reported_at, []
    for name in ("cancel",) if chance.random() < _CANCELLED else STEPS:
        then = at + timedelta(hours=chance.expovariate(1 / _HOURS_A_STEP))
        if then > until or chance.random() < _STUCK:
            break
        to_state = STEP_TABLE[name].moves[state]
        steps.append(Step(name, state, to_state, then))
        state, at = to_state, then
    unit = KINDS[opened.category].unit if len(steps) > STEPS.index("dispatch") else None
    incident = replace(opened, state=state, unit=unit, updated_at=at)
    return Course(opened, incident, tuple(steps))
