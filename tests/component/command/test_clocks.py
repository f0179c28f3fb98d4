"""Clocks that run, the next due first, for those who may know of their matters."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.kernel.actor import Actor
from shared.kernel.clock import china_now
from shared.kernel.errors import Invalid
from tests.builders.actor import a_citizen, a_duty_officer
from tests.component.command.walking import report, take
from tests.component.district import CELLS, STREETS
from tests.component.running import Running

DESK = a_duty_officer()


def due(running: Running, *, actor: Actor = DESK, **asked: Any) -> dict[str, Any]:
    where = {name: asked.pop(name) for name in ("due_before", "place", "kind") if name in asked}
    page: dict[str, Any] = running.ask("command", "clocks_due", actor=actor, where=where, **asked)
    return page


def kinds_of(page: dict[str, Any], incident: dict[str, Any]) -> list[str]:
    return [
        item["kind"]
        for item in page["items"]
        if item["matter"]["matter_no"] == incident["matter_no"]
    ]


def test_the_next_due_comes_first_page_after_page(
    district: Running, catch_up: Callable[[], None]
) -> None:
    for severity in ("L4", "L1", "L2"):
        report(district, CELLS[0], actor=DESK, severity=severity)
    catch_up()

    everything = due(district)["items"]
    pages, cursor = [], None
    while True:
        page = due(district, limit=2, cursor=cursor)
        pages += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert pages == everything
    times = [item["due_current"] for item in everything]
    assert len(times) == len(CELLS) + 3
    assert times == sorted(times)


def test_what_is_done_or_due_later_is_not_listed(
    district: Running, catch_up: Callable[[], None]
) -> None:
    urgent = report(district, CELLS[0], actor=DESK, severity="L1")
    accepted = report(district, CELLS[0], actor=DESK, severity="L2")
    take(district, accepted["id"], "accept", DESK)
    catch_up()

    soon = due(district, due_before=(china_now() + timedelta(minutes=10)).isoformat())

    assert kinds_of(soon, urgent) == ["accept"]
    assert kinds_of(soon, accepted) == []
    assert kinds_of(due(district), accepted) == ["dispatch"]
    assert kinds_of(due(district, kind=["handle"]), urgent) == []


def test_it_lies_under_a_place_and_is_shown_to_who_reaches_it(
    district: Running, catch_up: Callable[[], None]
) -> None:
    incident = report(district, CELLS[0], actor=DESK)
    catch_up()
    street, other = (code for code in STREETS[:2])
    of_street, of_other = (a_duty_officer(place_code=code) for code in (street, other))

    assert kinds_of(due(district, place=CELLS[0]), incident) == ["accept"]
    assert kinds_of(due(district, place=other), incident) == []
    assert kinds_of(due(district, actor=of_street), incident) == ["accept"]
    assert kinds_of(due(district, actor=of_other), incident) == []
    assert due(district, actor=a_citizen())["items"] == []


def test_what_is_closed_to_somebody_is_not_there_for_him(
    district: Running, catch_up: Callable[[], None]
) -> None:
    closed = report(district, CELLS[0], actor=DESK, closed_to={"accounts": ["accused"]})
    catch_up()

    assert kinds_of(due(district), closed) == ["accept"]
    assert kinds_of(due(district, actor=a_duty_officer("accused")), closed) == []


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "2026-11-23T08:00:00"])
def test_a_time_that_is_none_is_refused_by_its_field(district: Running, moment: str) -> None:
    with pytest.raises(Invalid) as refusal:
        due(district, due_before=moment)

    assert [error.field for error in refusal.value.errors] == ["due_before"]
