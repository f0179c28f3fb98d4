"""A messy real city: its councils overlap and leave gaps; its requests come in as incidents, once each."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from tests.cli import PROGRAM, wangge
from tests.platform import PASSWORD, ROOT, Platform, of, wait_for
from tests.real_data import real

COUNCILS = 99
OVERLAPS_KM2 = (24.0, 26.0)
AGREE_AT_LEAST = 0.987
SR_NUMBER = re.compile(r"LA 311 request (\S+),")


def test_los_angeles(own_platform: Platform, tmp_path: Path) -> None:
    report = councils_in_force(own_platform, tmp_path)
    assert report["counts"]["cell"] == COUNCILS
    assert report["totals"]["gap_filled"]["count"] > 3000
    assert OVERLAPS_KM2[0] < report["totals"]["overlap_total"]["area_m2"] / 1e6 < OVERLAPS_KM2[1]
    assert all(f["lon"] is not None for f in report["findings"] if f["kind"] in ("gap", "overlap"))

    replay: list[str | Path] = ["replay-csv", real("la311_2017.csv")]
    replay += ["--mapping", "deploy/mappings/la311.yaml"]
    replay += ["--account", "district"]
    stopped_in_the_middle(own_platform, replay)
    wangge(own_platform, *replay, "--report", tmp_path / "replay.json")

    told = json.loads((tmp_path / "replay.json").read_text("utf-8"))
    assert told["repeated"] > 0
    expected = located_rows()
    kept = every_incident(own_platform.as_account("district"))
    by_number = {number_of(incident): incident for incident in kept}
    assert len(by_number) == len(kept)
    assert set(by_number) == set(expected)
    agreed = sum(
        (incident["place"]["cell"] or {"code": ""})["code"] == expected[number]
        for number, incident in by_number.items()
    )
    assert agreed / len(expected) >= AGREE_AT_LEAST
    the_board_counts_each_once(own_platform, len(expected))


def councils_in_force(platform: Platform, tmp_path: Path) -> dict[str, Any]:
    """Import the councils as cells; refuse to activate them until the findings are accepted."""
    report = tmp_path / "findings.json"
    wangge(
        platform,
        *("import-boundary", real("la_nc_boundaries_2019.json"), "--level", "cell"),
        *("--code-field", "nc_id", "--name-field", "name", "--scheme", "free"),
        *("--district-code", "LA", "--district-name", "Los Angeles", "--report", report),
    )
    told: dict[str, Any] = json.loads(report.read_text("utf-8"))
    admin = platform.as_account("admin")
    activate = f"/grid/boundaries/{told['version']}/activate"
    assert of(admin.post(activate), 409)["code"] == "boundary_findings_not_accepted"
    of(admin.post(activate, json={"accept_findings": True}), 200)
    return told


def stopped_in_the_middle(platform: Platform, replay: list[str | Path]) -> None:
    """Begin the replay and take it away once it has loaded a part."""
    client = platform.as_account("district")
    begun = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, *map(str, replay)],
        cwd=ROOT,
        env=os.environ | {"WANGGE_PASSWORD": PASSWORD, "WANGGE_URL": platform.url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: loaded(client) > 200, within_s=60, what="a part of the replay")
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    time.sleep(1)  # what the platform had in hand comes to its end
    assert 200 < loaded(client) < len(located_rows())


def loaded(client: httpx.Client) -> int:
    board = of(client.get("/command/board", params={"period": "today"}), 200)
    return sum(child["total"] for child in board["children"] if child["code"] == "LA")


def located_rows() -> dict[str, str]:
    """Return the council the city recorded for each request that has a point."""
    with real("la311_2017.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Latitude"] and row["Longitude"]]
    return {row["SRNumber"]: row["NC"] for row in rows}


def every_incident(client: httpx.Client) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    asked: dict[str, str | int] = {"limit": 200}
    while True:
        page = of(client.get("/incidents", params=asked), 200)
        items += [incident for incident in page["items"] if number_of(incident)]
        if page["next_cursor"] is None:
            return items
        asked["cursor"] = page["next_cursor"]


def number_of(incident: dict[str, Any]) -> str:
    found = SR_NUMBER.match(incident["description"])
    return found[1] if found else ""


def the_board_counts_each_once(platform: Platform, expected: int) -> None:
    client, admin = platform.as_account("district"), platform.as_account("admin")
    outside = sum(incident["place"]["status"] == "outside" for incident in every_incident(client))
    wait_for(lambda: loaded(client) == expected - outside, within_s=120, what="the board")
    assert of(admin.post("/command/rebuild"), 200)["differences"] == 0
