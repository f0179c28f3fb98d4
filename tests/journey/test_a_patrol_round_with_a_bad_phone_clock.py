"""A round walked with a phone that is three hours slow and sends its track late, twice and out of order."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from shared.kernel.clock import china_now
from tests.journey.test_rights import CELL, centre_of
from tests.platform import Platform, of

SLOW = timedelta(hours=3)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


class Phone:
    """A phone whose clock is wrong; it knows what it recorded, and says so whenever it has signal."""

    def __init__(self, member: httpx.Client, gate: dict[str, Any]) -> None:
        self._member = member
        self.gate = gate | {"accuracy_m": 6}

    def clock(self, at: datetime | None = None) -> str:
        return ((at or china_now()) - SLOW).isoformat()

    def point(self, seq: int, at: datetime) -> dict[str, Any]:
        north = self.gate["lat"] + seq * 2e-5
        return {"seq": seq, "at": self.clock(at), **self.gate, "lat": north}

    def send(self, path: str, status: int, **said: Any) -> Any:
        return of(self._member.post(path, json={"sent_at": self.clock(), **said}), status)


def test_a_patrol_round_with_a_bad_phone_clock(platform: Platform) -> None:
    desk, member = platform.as_account("community"), platform.as_account("member")
    phone = Phone(member, centre_of(member, CELL))
    now = china_now()
    began = now - 30 * MINUTE

    plan = {
        "place": CELL,
        "title": "夜间巡查",
        "officers": ["member"],
        "planned_from": (now - 60 * MINUTE).isoformat(),
        "planned_to": (now + 60 * MINUTE).isoformat(),
        "points": [{"location": phone.gate, "name": "东门", "stay_s": 30}],
    }
    path = f"/patrols/{of(desk.post('/patrols', json=plan), 201)['id']}"

    # Without signal until now; the phone tells of it all afterwards.
    started = phone.send(f"{path}/start", 200, at=phone.clock(began))
    assert abs(datetime.fromisoformat(started["started_at"]) - began) < 30 * SECOND

    walked = [phone.point(seq, began + seq * 20 * SECOND) for seq in range(80)]
    del walked[0]["accuracy_m"]
    walked[40] |= {"lat": phone.gate["lat"] + 1}
    sent = [
        phone.send(f"{path}/track", 200, points=batch)
        for batch in (walked[50:], list(reversed(walked[:60])), walked)
    ]
    assert [kept["accepted"] for kept in sent] == [30, 50, 0]
    assert sent[0]["clock_offset_s"] > SLOW.total_seconds() - 1

    far = {"key": "c-1", "location": phone.gate | {"lat": phone.gate["lat"] + 0.01}, "point": 1}
    at = began + 10 * MINUTE
    missed = phone.send(f"{path}/checkins", 201, **far, at=phone.clock(at))
    assert [reason["code"] for reason in missed["reasons"]] == ["too_far", "too_short"]
    good = {
        "key": "c-2",
        "location": phone.gate,
        "point": 1,
        "arrived_at": phone.clock(at),
        "at": phone.clock(at + MINUTE),
    }
    made = [phone.send(f"{path}/checkins", 201, **good) for _ in range(2)]
    assert made[0] == made[1]
    assert (made[0]["valid"], made[0]["stayed_s"]) == (True, 60)

    [near] = [
        each
        for each in of(desk.get("/patrols/nearest", params=phone.gate), 200)["items"]
        if each["round"] in path
    ]
    assert near["officer"] == "member"
    assert near["distance_m"] < 400

    ended = phone.send(f"{path}/finish", 200, at=phone.clock(now))
    assert (ended["valid"], ended["points_reached"]) == (True, 1)
    assert of(desk.get("/patrols", params={"place": CELL, "state": "finished"}), 200)["items"]

    question = {"reason": "核实巡查"}
    [track] = of(desk.post(f"{path}/track/personal", json=question), 200)["tracks"]
    assert [point[0] for point in track["points"]] == list(range(80))
    assert abs(datetime.fromisoformat(track["points"][0][1]) - began) < 30 * SECOND
    marks = {point[0]: point[-1] for point in track["points"] if point[-1]}
    assert marks == {0: ["inaccurate"], 40: ["jump"]}
    covered = of(desk.get("/patrols/coverage", params={"place": CELL}), 200)
    assert (covered["cells"], covered["points_reached"] >= 1) == (1, True)
    assert platform.as_account("mediator").get(path).status_code == 404


def test_nobody_leaves_a_cell_without_an_officer(platform: Platform) -> None:
    desk = platform.as_account("community")
    [cell] = of(desk.get("/rosters", params={"place": CELL}), 200)["items"]
    leader = next(each["account"] for each in cell["officers"] if each["is_leader"])
    soon = china_now() + timedelta(days=2)
    away = {
        "account": leader,
        "absent_from": soon.isoformat(),
        "absent_to": (soon + timedelta(days=1)).isoformat(),
    }

    refused = of(desk.post("/rosters/absences", json=away), 409)
    assert refused["code"] == "cells_left_without"
    kept = of(desk.post("/rosters/absences", json=away | {"accept_gap": True}), 201)

    question = {"place": CELL, "to": (soon + timedelta(days=9)).isoformat()}
    gaps = of(desk.get("/rosters/gaps", params=question), 200)["items"]
    assert [(gap["cell"], gap["now"]) for gap in gaps] == [(CELL, False)]
    of(desk.post(f"/rosters/absences/{kept['id']}/withdraw"), 200)
    assert of(desk.get("/rosters/gaps", params=question), 200)["items"] == []
