"""Rubbish is dumped by the road: reported, seen on the board, handled, checked, closed."""

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from PIL import Image

from tests.platform import Platform, of, wait_for

DUMPING = {
    "category": "05",
    "title": "路边倾倒建筑垃圾",
    "description": "约三车渣土堆在路边",
    "location": {"lon": 112.2015, "lat": 31.0519, "crs": "wgs84", "accuracy_m": 8},
    "severity": "L3",
    "source": "grid_member",
}
STATES = [
    "reported",
    "accepted",
    "filed",
    "dispatched",
    "handling",
    "feedback",
    "checked",
    "closed",
]


def test_an_incident_goes_from_report_to_closure(platform: Platform) -> None:
    member, desk = platform.as_account("member"), platform.as_account("district")
    unit = platform.as_account("department")
    before = of(desk.get("/command/board", params={"period": "today"}), 200)

    with watched_stream(desk) as seen:
        reported = of(member.post("/incidents", json=DUMPING), 201)
        assert reported["place"]["status"] == "inside"
        assert reported["place"]["district"]["code"] == "420802"
        assert reported["state"] == "reported"
        path = f"/incidents/{reported['id']}"

        of(desk.post(f"{path}/accept"), 200)
        of(desk.post(f"{path}/file"), 200)
        of(desk.post(f"{path}/dispatch", json={"unit": "ecology"}), 200)
        of(unit.post(f"{path}/sign"), 200)
        evidence = of(unit.post("/files", files={"file": ("after.jpg", photo())}), 201)
        result = {"note": "已清运", "files": [evidence["id"]]}
        of(unit.post(f"{path}/feedback", json=result), 200)
        of(desk.post(f"{path}/check"), 200)
        closed = of(desk.post(f"{path}/close", json={"note": "结案"}), 200)

        matter_no = reported["matter_no"]
        wait_for(lambda: len(about(seen, matter_no)) == len(STATES), within_s=10, what="the stream")

    assert closed["state"] == "closed"
    assert [step["step"] for step in closed["steps"]][-1] == "close"
    assert [line["state"] for line in about(seen, matter_no)] == STATES
    story = of(desk.get(f"/matters/{matter_no}"), 200)
    assert [entry["state"] for entry in story["entries"]] == STATES
    [found] = of(desk.get("/search", params={"q": matter_no}), 200)["items"]
    assert (found["matter_no"], found["state"]) == (matter_no, "closed")
    after = of(desk.get("/command/board", params={"period": "today"}), 200)
    assert after["by_state"]["closed"] == before["by_state"].get("closed", 0) + 1
    assert after["total"] == before["total"] + 1


def test_what_one_place_does_not_reach_is_not_there_for_it(platform: Platform) -> None:
    far_away = DUMPING | {"location": {"lon": 112.05, "lat": 31.30}}
    district, community = platform.as_account("district"), platform.as_account("community")
    reported = of(district.post("/incidents", json=far_away), 201)

    assert of(community.get(f"/incidents/{reported['id']}"), 404)["code"] == "no_such_incident"
    assert of(community.post(f"/incidents/{reported['id']}/accept"), 404)
    wait_for(
        lambda: district.get(f"/matters/{reported['matter_no']}").status_code == 200,
        within_s=10,
        what="the dossier",
    )
    assert of(community.get(f"/matters/{reported['matter_no']}"), 404)["code"] == "no_such_matter"
    text = {"q": "渣土堆 倾倒"}
    assert reported["matter_no"] in found_by(district, text)
    assert reported["matter_no"] not in found_by(community, text)


def test_the_stream_goes_on_where_it_broke_off(platform: Platform) -> None:
    desk = platform.as_account("district")
    with watched_stream(desk) as seen:
        first = of(desk.post("/incidents", json=DUMPING), 201)
        wait_for(lambda: about(seen, first["matter_no"]), within_s=10, what="the first line")
    broke_off_at = str(seen[-1]["id"])
    missed = of(desk.post("/incidents", json=DUMPING), 201)

    with watched_stream(desk, {"Last-Event-ID": broke_off_at}) as resumed:
        wait_for(lambda: about(resumed, missed["matter_no"]), within_s=10, what="the missed line")

    assert not about(resumed, first["matter_no"])


def test_a_report_sent_twice_is_one_incident(platform: Platform) -> None:
    desk = platform.as_account("district")
    key = {"Idempotency-Key": "the same phone, the same report"}

    first = of(desk.post("/incidents", json=DUMPING, headers=key), 201)
    again = of(desk.post("/incidents", json=DUMPING, headers=key), 201)
    other = desk.post("/incidents", json=DUMPING | {"title": "另一件事"}, headers=key)

    assert first == again
    assert of(other, 422)["code"] == "idempotency_key_reused"


def found_by(client: httpx.Client, question: dict[str, str]) -> set[str]:
    return {item["matter_no"] for item in of(client.get("/search", params=question), 200)["items"]}


def photo() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "grey").save(picture, "JPEG")
    return picture.getvalue()


def about(lines: list[dict[str, Any]], matter_no: str) -> list[dict[str, Any]]:
    return [line["data"] for line in lines if line["data"].get("matter_no") == matter_no]


@contextmanager
def watched_stream(
    client: httpx.Client, headers: dict[str, str] | None = None
) -> Iterator[list[dict[str, Any]]]:
    """Watch the live stream meanwhile; yield the list its lines are appended to."""
    lines: list[dict[str, Any]] = []
    connected, done = threading.Event(), threading.Event()

    def watch() -> None:
        try:
            with client.stream("GET", "/stream", headers=headers or {}, timeout=30) as stream:
                connected.set()
                _read_into(lines, stream, done)
        except Exception:
            # Whoever has stopped watching may find the platform, or the client, gone.
            if not done.is_set():
                raise

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    assert connected.wait(10)
    try:
        yield lines
    finally:
        done.set()


def _read_into(lines: list[dict[str, Any]], stream: httpx.Response, done: threading.Event) -> None:
    line: dict[str, Any] = {}
    for text in stream.iter_lines():
        if done.is_set():
            return
        name, _, value = text.partition(": ")
        if name == "id":
            line["id"] = int(value)
        elif name == "data":
            line["data"] = json.loads(value)
        elif not text and "data" in line:
            lines.append(line)
            line = {}
