"""Rounds of patrol and rosters over HTTP: what reaches patrol, and what the edge refuses before."""

from typing import Any

import pytest

from tests.component.gateway.browser import Browser, of, refused, wrong_fields
from tests.component.gateway.test_incidents import AN_ID, asked

AT = "2026-11-23T08:00:00+08:00"
PLAN: dict[str, Any] = {
    "place": "420802001001001",
    "title": "夜间巡查",
    "officers": ["member"],
    "planned_from": AT,
    "planned_to": "2026-11-23T10:00:00+08:00",
}
POINT: dict[str, Any] = {"seq": 1, "at": AT, "lon": 112.2, "lat": 31.05}
BATCH: dict[str, Any] = {"sent_at": AT, "points": [POINT]}
CHECK_IN: dict[str, Any] = {
    "key": "c-1",
    "location": {"lon": 112.2, "lat": 31.05},
    "at": AT,
    "sent_at": AT,
}


def test_a_plan_reaches_patrol_whole(member: Browser) -> None:
    required = {"location": {"lon": 112.2, "lat": 31.05}, "name": "东门", "radius_m": 30}

    of(member.post("/patrols", json=PLAN | {"points": [required]}), 201)

    plan = asked("plan_round")["plan"]
    assert plan["title"] == "夜间巡查"
    assert plan["points"][0]["name"] == "东门"
    assert (plan["kind"], plan["check_in_minutes"]) == ("routine", None)


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"officers": []}, {"officers"}),
        ({"officers": ["x"] * 21}, {"officers"}),
        ({"kind": "secret"}, {"kind"}),
        ({"planned_to": "2026-11-23T10:00:00"}, {"planned_to"}),
        ({"check_in_minutes": 1}, {"check_in_minutes"}),
        ({"points": [{"location": {"lon": 1, "lat": 1}, "radius_m": 2}]}, {"points.0.radius_m"}),
        ({"points": [{"location": {"lon": 1, "lat": 1}}] * 101}, {"points"}),
        ({"colour": "red"}, {"colour"}),
    ],
)
def test_a_wrong_plan_is_refused(member: Browser, changed: Any, fields: set[str]) -> None:
    assert wrong_fields(member.post("/patrols", json=PLAN | changed)) == fields


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"points": []}, {"points"}),
        ({"points": [POINT] * 1001}, {"points"}),
        ({"points": [POINT | {"seq": -1}]}, {"points.0.seq"}),
        ({"points": [POINT | {"accuracy_m": -1}]}, {"points.0.accuracy_m"}),
        ({"sent_at": None}, {"sent_at"}),
        ({"sent_at": "1600-01-01T00:00:00Z"}, {"sent_at"}),
    ],
)
def test_a_wrong_batch_is_refused(member: Browser, changed: Any, fields: set[str]) -> None:
    answer = member.post(f"/patrols/{AN_ID}/track", json=BATCH | changed)
    assert wrong_fields(answer) == fields


def test_what_a_phone_sends_reaches_patrol(member: Browser) -> None:
    of(member.post(f"/patrols/{AN_ID}/start"), 200)
    assert asked("start_round") == {"round_id": AN_ID, "mark": {"at": None, "sent_at": None}}

    of(member.post(f"/patrols/{AN_ID}/track", json=BATCH), 200)
    assert asked("take_track")["batch"]["points"][0]["seq"] == 1

    of(member.post(f"/patrols/{AN_ID}/checkins", json=CHECK_IN), 201)
    assert asked("check_in")["given"]["key"] == "c-1"


def test_lists_are_asked_for_as_they_are_named(desk: Browser) -> None:
    query = {"place": "420802", "state": "running", "officer": "member", "planned_from": AT}
    of(desk.get("/patrols", params=query), 200)
    where = asked("rounds")["where"]
    assert (where["place"], where["state"], where["officer"]) == ("420802", ["running"], "member")

    of(desk.get("/rosters/gaps", params={"from": AT, "limit": 7}), 200)
    assert asked("roster_gaps")["asked"]["since"].startswith("2026-11-23T08:00:00")
    assert asked("roster_gaps")["asked"]["limit"] == 7

    near = {"lon": 112.2, "lat": 31.05, "crs": "gcj02"}
    assert of(desk.get("/patrols/nearest", params=near), 200)["items"] == []
    assert asked("nearest_officers")["point"]["crs"] == "gcj02"


def test_a_member_may_not_look_who_is_nearest(member: Browser) -> None:
    refused(member.get("/patrols/nearest", params={"lon": 112.2, "lat": 31.05}), 403)
