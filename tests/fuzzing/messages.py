"""Messages for an event handler's queue: good ones, good ones from tomorrow, and broken ones of each kind."""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import orjson
from hypothesis import strategies as st

from services.patrol.domain.incident import State
from shared.contracts.event import Event, aggregate_id
from shared.contracts.grid import BoundaryActivated, CalendarSet
from shared.contracts.incident_clocks import (
    IncidentClock,
    IncidentClockNearedDue,
    IncidentClockRanOut,
    IncidentClocksMoved,
    IncidentClocksRecounted,
)
from shared.contracts.incident_steps import INCIDENT_STEPS, StepPersonalData
from shared.contracts.patrol import IncidentAnonymised, IncidentPersonalData, IncidentReported
from shared.kernel.deadlines.calendar_year import DayOff
from shared.kernel.deadlines.deadline import Deadline
from shared.kernel.ids import new_id
from shared.kernel.matter_no import matter_no
from shared.kernel.personal_data import FreeText
from shared.runtime.outbox import adapter
from tests.builders.place import a_place, outside

JSON = "application/json"
# Stands in every free text: wherever it shows, personal data shows.
SECRET = "张三丰的电话"
# A header by which a message is known, whatever else it lacks.
MARK = "fuzz"
FOLLOW_INCIDENT = "evt--command.follow_incident"
FOLLOW_BOUNDARY = "evt--command.follow_boundary"
FOLLOW_CALENDAR = "evt--command.follow_calendar"

_serial = count(1)
_CLOCK_EVENTS: tuple[type[IncidentClocksMoved], ...] = (
    IncidentClockNearedDue,
    IncidentClockRanOut,
    IncidentClocksRecounted,
)
_TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2190, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
_TEXT = st.text(max_size=60)
_PLAIN = st.text(st.characters(exclude_categories=["C"]), max_size=40)
_CODE = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)
_PLACES = st.sampled_from([a_place(), outside(), a_place(cell=None), a_place("420802001013002")])


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as it lies in a queue; `kind` says what was done to it, `must` how it has to end.

    `must` is "effect" or "death", or "either": then it is the platform's to say which, but whole; or
    "any": its envelope may be that of something taken before.
    """

    kind: str
    must: str
    queue: str
    headers: dict[str, Any]
    body: bytes
    content_type: str = JSON
    told: Event | None = None

    @property
    def mark(self) -> str:
        return str(self.headers[MARK])

    def __str__(self) -> str:
        return f"{self.kind} {self.headers} {self.content_type} {self.body[:600]!r}"


def envelope(told: Event, sequence: int = 1) -> dict[str, Any]:
    """Return the headers the relay would give the event."""
    return {
        "event_id": new_id(),
        "event_type": told.event_type,
        "aggregate_id": aggregate_id(told),
        "sequence": sequence,
        "occurred_at": datetime(2026, 11, 28, tzinfo=UTC).isoformat(),
        "nameko.call_id": new_id(),
        "nameko.account": "fuzz",
        MARK: new_id(),
    }


def body_of(told: Event) -> dict[str, Any]:
    body: dict[str, Any] = adapter(type(told)).dump_python(told, mode="json")
    return body


def a_matter_no() -> str:
    """Return a number nobody has yet."""
    serial = next(_serial)
    return matter_no(
        "P", date(2026, 1, 1) + timedelta(days=serial // 999_000), serial % 999_000 + 1
    )


@st.composite
def reports(draw: st.DrawFn) -> IncidentReported:
    """Draw reports that every column can hold."""
    at = draw(_TIMES)
    return IncidentReported(
        incident_id=new_id(),
        matter_no=a_matter_no(),
        state=State.REPORTED,
        category=draw(_CODE),
        severity=draw(st.sampled_from(["L1", "L2", "L3", "L4"])),
        source=draw(_CODE),
        lon=draw(st.floats(-180, 180)),
        lat=draw(st.floats(-90, 90)),
        place=draw(_PLACES),
        observed_at=at,
        reported_at=at,
        reported_by=draw(st.none() | _CODE),
        level=draw(st.sampled_from(["community", "street", "district"])),
        personal=IncidentPersonalData(
            title=FreeText(SECRET + draw(_PLAIN)),
            description=FreeText(SECRET + draw(_PLAIN)),
        ),
    )


@st.composite
def clocks(draw: st.DrawFn) -> IncidentClock:
    """Draw clocks as patrol tells of them: running or ended, with a limit or without."""
    at = draw(_TIMES)
    due = draw(st.none() | _TIMES)
    return IncidentClock(
        number=draw(st.integers(1, 200)),
        kind=draw(st.sampled_from(["accept", "dispatch", "on_site", "handle", "return"]) | _CODE),
        deadline=Deadline(
            rule_id=f"incident.{draw(_CODE)}",
            rule_version=draw(st.integers(1, 200)),
            calendar_version=f"{at.year}:{draw(st.integers(0, 9))}",
            started_at=at,
            due_original=due or at,
            due_current=due,
            is_provisional=draw(st.booleans()),
        ),
        warn_at=draw(st.none() | _TIMES),
        ended_at=draw(st.none() | _TIMES),
        outcome=draw(st.sampled_from([None, "met", "void"])),
    )


@st.composite
def stories(draw: st.DrawFn) -> list[Event]:
    """Draw a report and what follows it, in order."""
    report = draw(reports())
    told: list[Event] = [report]
    for step in draw(st.lists(st.sampled_from(sorted(INCIDENT_STEPS)), max_size=3)):
        told.append(
            INCIDENT_STEPS[step](
                incident_id=report.incident_id,
                matter_no=report.matter_no,
                from_state=draw(st.sampled_from(list(State))),
                state=draw(st.sampled_from(list(State))),
                level="street",
                at=draw(_TIMES),
                by=draw(_CODE),
                unit=draw(st.none() | _CODE),
                files=draw(st.lists(_CODE, max_size=3)),
                personal=StepPersonalData(note=FreeText(SECRET + draw(_PLAIN))),
            )
        )
    for moved in draw(st.lists(st.sampled_from(_CLOCK_EVENTS), max_size=2)):
        told.append(
            moved(
                incident_id=report.incident_id,
                matter_no=report.matter_no,
                at=draw(_TIMES),
                clocks=draw(st.lists(clocks(), max_size=3)),
            )
        )
    if draw(st.booleans()):
        told.append(
            IncidentAnonymised(
                incident_id=report.incident_id, matter_no=report.matter_no, at=draw(_TIMES)
            )
        )
    return told


BOUNDARIES = st.builds(
    BoundaryActivated,
    boundary=st.just("boundary"),
    version=st.integers(1, 10_000),
    label=_PLAIN,
    district_code=_CODE,
    counts=st.dictionaries(_CODE, st.integers(0, 10**6), max_size=4),
    activated_at=_TIMES,
    activated_by=_CODE,
)


@st.composite
def calendars(draw: st.DrawFn) -> CalendarSet:
    """Draw calendars an administrator may have set, in whatever order of versions."""
    year = draw(st.integers(2004, 2100))
    off = draw(st.lists(st.integers(0, 360), min_size=1, max_size=9, unique=True))
    days = [date(year, 1, 1) + timedelta(days=number) for number in off]
    return CalendarSet(
        calendar=f"calendar-{year}",
        year=year,
        version=draw(st.integers(2, 1000)),
        source=draw(_PLAIN),
        published_on=draw(st.none() | st.dates()),
        days_off=[DayOff(date=day, name=draw(_PLAIN)) for day in days],
        makeup_days=[],
        set_at=draw(_TIMES),
        set_by=draw(_CODE),
    )


def _queue_of(told: Event) -> str:
    if isinstance(told, CalendarSet):
        return FOLLOW_CALENDAR
    return FOLLOW_BOUNDARY if isinstance(told, BoundaryActivated) else FOLLOW_INCIDENT


def _good(told: Event, sequence: int, **changed: Any) -> Message:
    terms: dict[str, Any] = {
        "kind": "good",
        "must": "effect",
        "queue": _queue_of(told),
        "headers": envelope(told, sequence),
        "body": orjson.dumps(body_of(told)),
        "told": told,
    }
    return Message(**(terms | changed))


_FIRST: st.SearchStrategy[Event] = reports() | BOUNDARIES | calendars()
_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def good(draw: st.DrawFn) -> list[Message]:
    """Draw what has to take effect, told in its order."""
    if draw(st.integers(0, 9)) == 0:
        return [_good(draw(BOUNDARIES | calendars()), 1)]
    return [_good(told, number) for number, told in enumerate(draw(stories()), start=1)]


@st.composite
def from_tomorrow(draw: st.DrawFn) -> list[Message]:
    """Draw good events with fields that no contract has yet."""
    told = draw(_FIRST)
    known = body_of(told)
    more = draw(st.dictionaries(_TEXT, _ANY_JSON, min_size=1, max_size=4))
    return [_good(told, 1, kind="from tomorrow", body=orjson.dumps(more | known))]


@st.composite
def wild(draw: st.DrawFn) -> list[Message]:
    """Draw bodies that fit their contract and perhaps no column: whatever a type can hold."""
    told = draw(_FIRST)
    body = body_of(told)
    kept = {told.aggregate, "matter_no"}
    for name in draw(st.sets(st.sampled_from(sorted(body.keys() - kept)), min_size=1)):
        body[name] = draw(_wilder(body[name]))
    headers = envelope(told)
    return [_good(told, 1, kind="wild", must="either", body=orjson.dumps(body), headers=headers)]


def _wilder(value: Any) -> st.SearchStrategy[Any]:
    """Draw another value of the same JSON type."""
    if isinstance(value, dict):
        return st.fixed_dictionaries({name: _wilder(inner) for name, inner in value.items()})
    if isinstance(value, int | float) and not isinstance(value, bool):
        return st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
    if value is None:
        return st.none() | _TEXT
    if isinstance(value, list):
        return st.lists(_TEXT, max_size=30)
    return st.text(max_size=300) | st.sampled_from(["\x00", "a\x00b", "9" * 5000, "\ufeff"])


_NO_VALUE: st.SearchStrategy[Any] = st.sampled_from([{"no": []}, [[]], {}, [{}]])


@st.composite
def broken(draw: st.DrawFn) -> list[Message]:
    """Draw good events of which one field is missing or holds what it cannot."""
    told = draw(_FIRST)
    body = body_of(told)
    # An object of another shape is none of these; a dictionary of counts may be empty, and what has a
    # default may be missing.
    may_miss = {
        field.name
        for field in fields(told)
        if field.default is not MISSING or field.default_factory is not MISSING
    }
    name = draw(st.sampled_from(sorted(body.keys() - {"counts"} - may_miss)))
    if draw(st.booleans()):
        del body[name]
    else:
        body[name] = draw(_NO_VALUE)
    return [_good(told, 1, kind="one field broken", must="death", body=orjson.dumps(body))]


@st.composite
def unreadable(draw: st.DrawFn) -> list[Message]:
    """Draw bodies that are no object, no JSON, or of another kind."""
    told = draw(_FIRST)
    whole = orjson.dumps(body_of(told))
    cut = draw(st.integers(1, len(whole) - 1))
    body, content_type = draw(
        st.sampled_from(
            [
                (whole[:cut], JSON),
                (whole, "text/plain"),
                (whole, "application/x-python-serialize"),
                (b"\xff\xfe" + whole, JSON),
                (b"", JSON),
                (orjson.dumps([body_of(told)]), JSON),
                (b"[" * 5000, JSON),
                (b"null", JSON),
                (b"7", JSON),
                (b'"text"', JSON),
                (b"NaN", JSON),
                (b'{"a": 1e999}', JSON),
                (b'{"a": ' + b"9" * 400 + b"}", JSON),
                (b'{"a": ' + b"9" * 5000 + b"}", JSON),
                (b'{"a": ' * 900 + b"1" + b"}" * 900, JSON),
                (b'{"personal": ' + whole + b"}", JSON),
                (draw(st.binary(max_size=200)), JSON),
            ]
        )
    )
    return [
        _good(told, 1, kind="no readable body", must="death", body=body, content_type=content_type)
    ]


# What AMQP can carry in a header, and no header of ours may hold.
_ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    st.sampled_from([2**40, -(2**62), 1.5, [], [1, [2]], {}, {"a": 1}, "", "\x00", "a\x00b"]),
    st.text(max_size=40),
    st.just("x" * 30_000),
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001
)
_HEADERS = (
    "event_id",
    "event_type",
    "aggregate_id",
    "sequence",
    "occurred_at",
    "tries",
    "reason",
    "queue",
    "x-death",
    "nameko.call_id",
    "nameko.call_id_stack",
    "nameko.account",
    "nameko.rights",
    "nameko.unit",
    "nameko.passport",
    "signature",
    "nameko.matter_no",
    "nameko.command_key",
    "nameko.command_fingerprint",
    "something else",
)


@st.composite
def odd_headers(draw: st.DrawFn) -> list[Message]:
    """Draw good bodies under headers that are missing, or hold anything."""
    told = draw(_FIRST)
    headers = envelope(told)
    for name in draw(st.sets(st.sampled_from(_HEADERS), min_size=1, max_size=3)):
        if draw(st.booleans()):
            headers.pop(name, None)
        else:
            headers[name] = draw(_ODD)
    if isinstance(event_id := headers.get("event_id"), str) and event_id:
        # Another's would be found where its own is looked for.
        headers["event_id"] = event_id[:1] + new_id()[1:]
    return [_good(told, 1, kind="odd headers", must="any", headers=headers)]


@st.composite
def out_of_order(draw: st.DrawFn) -> list[Message]:
    """Draw steps of what nobody reported, and numbers far ahead."""
    story = draw(stories().filter(lambda told: len(told) > 1))
    number = draw(st.integers(2, 2**31 - 1) | st.integers(2, 5))
    return [_good(story[-1], number, kind="out of order", must="death")]


@st.composite
def huge(draw: st.DrawFn) -> list[Message]:
    """Draw texts of megabytes."""
    told = draw(reports())
    body = body_of(told)
    size = draw(st.sampled_from([100_000, 1_000_000, 6_000_000]))
    where = draw(st.sampled_from(["title", "description"]))
    body["personal"][where] = SECRET + draw(st.sampled_from("x网")) * size
    return [_good(told, 1, kind="huge", must="either", body=orjson.dumps(body))]


KINDS: dict[Callable[[], st.SearchStrategy[list[Message]]], int] = {
    good: 25,
    from_tomorrow: 15,
    wild: 20,
    broken: 15,
    unreadable: 10,
    odd_headers: 20,
    out_of_order: 4,
    huge: 1,
}
"""The kinds, and how many of each in a hundred and ten."""
