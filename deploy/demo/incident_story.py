"""Two weeks of incidents in the example district, spread over time, place and category as in life."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import TypeVar

import numpy as np

from deploy.demo.incident_clusters import CLUSTERS, Cluster
from deploy.demo.incident_course import STEPS, Course, StoryStep, steps_after
from deploy.demo.incident_kinds import KINDS, Kind
from deploy.demo.incident_places import Places, Point, shares
from deploy.demo.incident_topics import COUNTRY_SPOTS, TOPICS, TOWN_SPOTS, Topic
from deploy.demo.sites import Floats
from services.grid.domain.area import Area
from shared.kernel.clock import CHINA
from shared.kernel.errors import Invalid

T = TypeVar("T")

HOURS = 14 * 24
INCIDENTS = 600
SATURDAY = 5
WAITING_AT_EACH_STEP = 3

_HOW_OFTEN = {"L1": 0.5, "L2": 0.7, "L3": 1.0, "L4": 1.3}
_CANCELLED = {"grid_member": 0.02, "citizen": 0.10, "hotline": 0.12, "camera": 0.15}
_CANCELLED_AS_ONE_OF_MANY = 0.3
_ANONYMOUS = {"grid_member": 0.0, "citizen": 0.2, "hotline": 0.1, "camera": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryIncident:
    """An invented incident, its report and the steps taken since.

    `lon` and `lat` are WGS-84; `source` is grid_member, citizen, hotline or camera.
    """

    category: str
    title: str
    description: str
    severity: str
    source: str
    lon: float
    lat: float
    reported_at: datetime
    anonymous: bool
    steps: tuple[StoryStep, ...]


def two_weeks(
    areas: Iterable[Area], *, until: datetime, seed: int = 0, count: int = INCIDENTS
) -> list[StoryIncident]:
    """Return the incidents of the 14 days before `until`, the earliest first.

    Steps that would come later have not been taken yet; and at each step some wait for somebody to
    take it. The same areas, moment and seed tell the same story.

    Raises:
        Invalid: `until` has no offset, or `count` leaves no room for what many people report.
    """
    _check(until, count)
    rng = np.random.default_rng(seed)
    places, until = Places(areas, rng), until.astimezone(CHINA)
    story = [incident for cluster in CLUSTERS for incident in _many(cluster, places, until, rng)]
    story += _every_day(count - len(story), places, until, rng)
    story.sort(key=lambda incident: incident.reported_at)
    return _with_backlog([_until(until, incident) for incident in story])


def _check(until: datetime, count: int) -> None:
    if until.tzinfo is None:
        raise Invalid(
            code="time_without_offset",
            zh=f"时间 {until} 没有时区：请写明，例如 +08:00。",
            en=f"The time {until} has no offset: give one, such as +08:00.",
        )
    least = sum(cluster.count for cluster in CLUSTERS)
    if count < least:
        raise Invalid(
            code="too_few_incidents",
            zh=f"事件数 {count} 太少：至少要有 {least} 件。",
            en=f"{count} incidents are too few: ask for at least {least}.",
        )


def _every_day(
    count: int, places: Places, until: datetime, rng: np.random.Generator
) -> Iterator[StoryIncident]:
    start = until - timedelta(hours=HOURS)
    codes = list(KINDS)
    parts = shares(np.array([kind.share for kind in KINDS.values()]))
    when = {code: _weight_of_hours(kind, start) for code, kind in KINDS.items()}
    for drawn in rng.choice(len(codes), size=count, p=parts):
        code = codes[drawn]
        in_town = bool(rng.random() < KINDS[code].in_town)
        topics = [t for t in TOPICS[code] if t.setting in ("any", _setting(in_town))]
        topic = topics[rng.choice(len(topics), p=shares(_weights(topics)))]
        hour = rng.choice(HOURS, p=when[code]) + rng.random()
        place = places.in_setting(in_town=in_town)
        spot = _one_of(TOWN_SPOTS if in_town else COUNTRY_SPOTS, rng)
        yield _incident(topic, place, start + timedelta(hours=float(hour)), rng, spot=spot)


def _many(
    cluster: Cluster, places: Places, until: datetime, rng: np.random.Generator
) -> Iterator[StoryIncident]:
    centre = places.centre(cluster.place)
    midnight = datetime.combine(until.date(), time(), CHINA)
    often = shares(_weights(cluster.topics) / np.arange(1, len(cluster.topics) + 1))
    for _ in range(cluster.count):
        topic = cluster.topics[rng.choice(len(cluster.topics), p=often)]
        days = int(rng.integers(min(cluster.days), max(cluster.days) + 1))
        at = midnight + timedelta(days=-days, hours=rng.uniform(*cluster.hours))
        place = places.around(centre, cluster.radius_km)
        yield _incident(topic, place, at, rng, is_one_of_many=True)


def _incident(
    topic: Topic,
    place: Point,
    at: datetime,
    rng: np.random.Generator,
    *,
    spot: str = "",
    is_one_of_many: bool = False,
) -> StoryIncident:
    kind, at = KINDS[topic.category], at.replace(microsecond=0)
    source = _one_of([name for name, weight in kind.sources.items() for _ in range(weight)], rng)
    cancelled = _CANCELLED_AS_ONE_OF_MANY if is_one_of_many else _CANCELLED[source]
    course = Course(
        severity=topic.severity,
        unit=kind.unit,
        result=kind.result,
        cancelled=cancelled,
        is_one_of_many=is_one_of_many,
    )
    return StoryIncident(
        category=topic.category,
        title=topic.title,
        description=topic.description.format(spot=spot),
        severity=topic.severity,
        source=source,
        lon=place[0],
        lat=place[1],
        reported_at=at,
        anonymous=bool(rng.random() < _ANONYMOUS[source]),
        steps=steps_after(at, course, rng),
    )


def _until(until: datetime, incident: StoryIncident) -> StoryIncident:
    return replace(incident, steps=tuple(step for step in incident.steps if step.at <= until))


def _with_backlog(story: list[StoryIncident]) -> list[StoryIncident]:
    """Let the latest ordinary incidents wait, some at each step, as if nobody had taken it yet."""
    waiting: dict[int, int] = {}
    for taken in range(len(STEPS)):
        could_wait = [
            index
            for index in reversed(range(len(story)))
            if index not in waiting and _could_wait(story[index], taken)
        ]
        waiting |= dict.fromkeys(could_wait[:WAITING_AT_EACH_STEP], taken)
    return [
        replace(incident, steps=incident.steps[: waiting.get(index, len(STEPS))])
        for index, incident in enumerate(story)
    ]


def _could_wait(incident: StoryIncident, taken: int) -> bool:
    is_ordinary = incident.severity in {"L3", "L4"}
    return is_ordinary and len(incident.steps) > taken and incident.steps[0].action != "cancel"


def _weight_of_hours(kind: Kind, start: datetime) -> Floats:
    # An hour of the fortnight counts as the hour of the day in which its middle lies.
    hours = [start + timedelta(hours=hour + 0.5) for hour in range(HOURS)]
    weights = np.array(
        [kind.hours[at.hour] * (kind.weekend if at.weekday() >= SATURDAY else 1.0) for at in hours]
    )
    return shares(weights)


def _weights(topics: Sequence[Topic]) -> Floats:
    return np.array([_HOW_OFTEN[topic.severity] for topic in topics])


def _setting(in_town: bool) -> str:
    return "town" if in_town else "country"


def _one_of(several: Sequence[T], rng: np.random.Generator) -> T:
    return several[int(rng.integers(len(several)))]
