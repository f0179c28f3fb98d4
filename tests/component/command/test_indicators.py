"""Indicators are what a plain count of the cases gives, and the rows behind each are those cases."""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from services.command import wiring
from services.command.domain.heard import Heard
from services.command.domain.indicators import INDICATORS, measure_called
from services.command.domain.measure import Part
from services.command.domain.recurrence import Recurrence
from services.command.domain.reported_period import ReportedPeriod, Span, reported_period_of
from services.command.queries.course_rows import course_rows
from services.command.queries.figures import Scope, scope_of
from services.command.queries.indicators import indicators
from services.command.store.tables import course_table
from shared.contracts.event import Event
from shared.contracts.patrol import IncidentClosedOff
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.clock import CHINA, china_now
from shared.kernel.compartment import Compartment
from shared.kernel.errors import Invalid, NotFound
from shared.kernel.ids import new_id
from shared.kernel.rights import Permission
from shared.runtime.work import Work
from tests.builders.actor import a_citizen, a_duty_officer
from tests.builders.life import Life
from tests.builders.place import outside
from tests.component.command.plain_figures import Case, cases_of, plain_rows
from tests.component.command.walking import report, take
from tests.component.district import CELLS, COMMUNITIES, DISTRICT, STREETS, place_of_cell
from tests.component.running import Running

NOW = datetime(2026, 11, 28, 12, tzinfo=CHINA)
EVERYBODY = a_duty_officer(place_code=WHOLE_TREE)
RECURRENCE = Recurrence(metres=50, days=30)
LEVELS = {1: "all", 6: "district", 9: "street", 12: "community", 15: "cell"}


def lives(seed: int, incidents: int = 90) -> list[list[Event]]:
    """Return what is told of many incidents of two months, some at the same spots."""
    chance, first = random.Random(seed), datetime(2026, 9, 25, tzinfo=CHINA)
    times = [first + timedelta(seconds=chance.randrange(62 * 86_400)) for _ in range(incidents)]
    return [
        Life(
            reported_at,
            incident_id=new_id(reported_at),
            matter_no=f"P-{number}",
            category=chance.choice(["01", "06"]),
            severity=chance.choice(["L1", "L2", "L3", "L4"]),
            place=place_of_cell(CELLS[number % 3]) if number % 9 else outside(),
            lon=112 + chance.randrange(2) / 1000,
        )
        .walk(chance, chance.randrange(25))
        .told
        for number, reported_at in enumerate(times)
    ]


def hear(work: Work, told: list[list[Event]]) -> None:
    with work.begin():
        follow = wiring.follow_incident(work)
        for events in told:
            for sequence, event in enumerate(events, 1):
                follow(
                    Heard(
                        told=event,
                        event_id=f"{event.aggregate}-{id(event)}",
                        event_type=event.event_type,
                        sequence=sequence,
                    )
                )
    work.keep()


def scope(work: Work, place: str, actor: Actor = EVERYBODY) -> Scope:
    return scope_of(
        work.connection, place, LEVELS[len(place)], actor, Permission.BOARD_READ, RECURRENCE
    )


def shown(
    work: Work, place: str, period: ReportedPeriod, actor: Actor = EVERYBODY
) -> dict[str, Any]:
    area = {"code": place, "name": place, "level": LEVELS[len(place)]}
    return indicators(work.connection, area, period, scope(work, place, actor), {}, now=NOW)


def rows_of(
    work: Work, name: str, part: str, place: str, span: Span, actor: Actor = EVERYBODY
) -> Iterator[dict[str, Any]]:
    cursor = None
    while True:
        page = course_rows(
            work.connection,
            measure_called(name),
            Part(part),
            scope(work, place, actor),
            span,
            limit=7,
            cursor=cursor,
        )
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def counted(figure: dict[str, Any]) -> dict[str, int]:
    return {part: figure[part] for part in ("numerator", "denominator", "excluded")}


def plainly(name: str, cases: list[Case], place: str, span: Span) -> dict[str, int | None]:
    rows = plain_rows(name, cases, place, span.since, span.until)
    counts: dict[str, int | None] = {part: len(found) for part, found in rows.items()}
    return counts if name != "reported" else counts | {"denominator": None}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_figures_and_their_rows_are_what_a_plain_count_gives(work: Work, seed: int) -> None:
    told = lives(seed)
    hear(work, told)
    cases = cases_of(event for events in told for event in events)
    for period in ("2026-10", "2026-Q4", "2026-10-20..2026-11-02"):
        figures_agree(work, cases, reported_period_of(period, today=NOW.date()))
    rows_agree(work, cases, reported_period_of("2026-Q4", today=NOW.date()).until(NOW))


def figures_agree(work: Work, cases: list[Case], asked: ReportedPeriod) -> None:
    span, before = asked.until(NOW), asked.before().until(NOW)

    for place in (WHOLE_TREE, DISTRICT, STREETS[0], COMMUNITIES[0], CELLS[1]):
        answer = shown(work, place, asked)
        for figure in answer["indicators"]:
            name = figure["name"]
            assert counted(figure) == plainly(name, cases, place, span), (place, name)
            assert counted(figure["before"]) == plainly(name, cases, place, before)
        for child in answer["children"]:
            for name, figure in child["figures"].items():
                assert counted(figure) == plainly(name, cases, child["code"], span)


def rows_agree(work: Work, cases: list[Case], span: Span) -> None:
    for measure in INDICATORS:
        behind = plain_rows(measure.name, cases, DISTRICT, span.since, span.until)
        for part, numbers in behind.items():
            rows = list(rows_of(work, measure.name, part, DISTRICT, span))
            dates = [row[measure.dated] for row in rows]
            assert dates == sorted(dates)
            assert len(rows) == len(numbers)
            assert {row["matter"]["matter_no"] for row in rows} == numbers


def test_what_is_closed_to_somebody_is_in_none_of_his_figures_and_rows(work: Work) -> None:
    told = lives(5)
    closed = {events[0].matter_no for events in told[::4]}  # type: ignore[attr-defined]
    for events in told[::4]:
        first: Any = events[0]
        events.append(
            IncidentClosedOff(
                incident_id=first.incident_id,
                matter_no=first.matter_no,
                at=NOW,
                by="chen",
                compartment=Compartment(accounts=("desk",)),
            )
        )
    hear(work, told)
    outsider, insider = a_duty_officer("desk"), a_duty_officer("desk-2")
    quarter = reported_period_of("2026-Q4", today=NOW.date())
    known = cases_of(e for events in lives(5) for e in events)
    for actor, cases in (
        (insider, known),
        (outsider, [case for case in known if case.matter_no not in closed]),
    ):
        for figure in shown(work, DISTRICT, quarter, actor)["indicators"]:
            assert counted(figure) == plainly(
                figure["name"], cases, DISTRICT, quarter.until(NOW)
            ), figure["name"]
    rows = rows_of(work, "reported", "numerator", DISTRICT, quarter.until(NOW), outsider)
    assert closed.isdisjoint(row["matter"]["matter_no"] for row in rows)


def test_satisfied_are_those_who_say_so_of_those_who_were_asked(work: Work) -> None:
    hear(work, lives(4, incidents=30))
    quarter = reported_period_of("2026-Q4", today=NOW.date())
    due = rows_of(work, "recurrence_rate", "denominator", DISTRICT, quarter.until(NOW))
    numbers = [row["matter"]["matter_no"] for row in due]
    said = ("satisfied", "basically_satisfied", "dissatisfied", "not_asked")
    with work.begin():
        for number, word in zip(numbers, said, strict=False):
            is_it = course_table.c.matter_no == number
            work.connection.execute(update(course_table).where(is_it).values(satisfaction=word))
    work.keep()

    [figure] = [
        each
        for each in shown(work, DISTRICT, quarter)["indicators"]
        if each["name"] == "satisfaction_rate"
    ]

    assert (figure["numerator"], figure["denominator"]) == (2, 3)
    rows = rows_of(work, "satisfaction_rate", "numerator", DISTRICT, quarter.until(NOW))
    assert [row["matter"]["matter_no"] for row in rows] == numbers[:2]


DESK = a_duty_officer()


def ask(running: Running, method: str, actor: Actor = DESK, **asked: Any) -> dict[str, Any]:
    found: dict[str, Any] = running.ask("command", method, actor=actor, **asked)
    return found


def test_the_doors_answer_for_ones_own_place_and_no_other(
    district: Running, catch_up: Callable[[], None]
) -> None:
    opened = report(district, CELLS[0], actor=a_citizen(), category="01")
    take(district, opened["id"], "accept", DESK)
    catch_up()
    street, other = a_duty_officer(place_code=STREETS[0]), STREETS[1]
    today = {"since": f"{china_now().date()}T00:00:00+08:00", "until": "2100-01-01T00:00:00+08:00"}

    found = ask(district, "indicators", street, period="today")
    assert found["place"]["code"] == STREETS[0]
    assert found["indicators"][0]["numerator"] == 5
    assert [child["code"] for child in found["children"]] == list(COMMUNITIES[:2])
    disputes = ask(district, "mechanism_report", street, mechanism="detection_and_warning")
    assert disputes["indicators"][0]["numerator"] == 1
    assert (disputes["alerts"] is not None, disputes["lacks"]["en"] != "") == (True, True)
    where = today | {"part": "numerator"}
    rows = ask(district, "figure_rows", street, figure="disputes", where=where)["items"]
    assert [row["matter"]["matter_no"] for row in rows] == [opened["matter_no"]]

    for method, asked in (
        ("indicators", {"place": other}),
        ("mechanism_report", {"place": other, "mechanism": "settlement"}),
        ("figure_rows", {"figure": "reported", "where": where | {"place": other}}),
    ):
        with pytest.raises(NotFound) as refusal:
            ask(district, method, street, **asked)
        assert refusal.value.code == "no_such_place"


@pytest.mark.parametrize(
    ("method", "asked", "code"),
    [
        ("indicators", {"period": "2026-13"}, "invalid"),
        ("mechanism_report", {"mechanism": "luck"}, "no_such_mechanism"),
        ("figure_rows", {"figure": "luck"}, "no_such_figure"),
        ("figure_rows", {"figure": "reported", "cursor": "bm8"}, "invalid"),
        ("figure_rows", {"figure": "reported", "since": "2026-01-01T00:00:00"}, "invalid"),
    ],
)
def test_what_is_not_there_is_refused(
    district: Running, method: str, asked: dict[str, Any], code: str
) -> None:
    if method == "figure_rows":
        where = {"part": "numerator", "since": asked.get("since", "2026-01-01T00:00:00+08:00")}
        where["until"] = "2026-02-01T00:00:00+08:00"
        asked = {name: asked[name] for name in asked if name != "since"} | {"where": where}

    with pytest.raises((Invalid, NotFound)) as refusal:
        ask(district, method, **asked)

    assert refusal.value.code == code
