"""The platform is killed at random moments while reports come in: nothing is lost, nothing doubled."""

import queue
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.platform import Platform, of, wait_for
from tests.profiles import Profile

# In production everything dies at once, broker and database too, and takes longer to be there again;
# there `make chaos` kills them one by one.
KILLS = {Profile.EMBEDDED: 20, Profile.PRODUCTION: 4}
REPORTERS = 4
SOURCE = "replayed"


@dataclass
class Reporters:
    """Threads that report until told to stop; each report is sent again until it is acknowledged."""

    platform: Platform
    acknowledged: dict[str, str] = field(default_factory=dict)
    statuses: set[int] = field(default_factory=set)
    stopping: threading.Event = field(default_factory=threading.Event)
    numbers: "queue.Queue[int]" = field(default_factory=queue.Queue)

    def run(self) -> list[threading.Thread]:
        for number in range(100_000):
            self.numbers.put(number)
        threads = [threading.Thread(target=self._report_on, daemon=True) for _ in range(REPORTERS)]
        for thread in threads:
            thread.start()
        return threads

    def _report_on(self) -> None:
        client = self.platform.as_account("district")
        while not self.stopping.is_set():
            self._until_acknowledged(client, self.numbers.get())

    def _until_acknowledged(self, client: httpx.Client, number: int) -> None:
        key = f"replay:{number}"
        while True:
            try:
                answer = client.post(
                    "/incidents", json=report(number), headers={"Idempotency-Key": key}, timeout=20
                )
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            self.statuses.add(answer.status_code)
            if answer.status_code == 201:
                self.acknowledged[key] = answer.json()["id"]
                return
            time.sleep(0.05)


def test_nothing_is_lost_and_nothing_doubled(own_platform: Platform, profile: Profile) -> None:
    moments = random.Random(20261123)
    reporters = Reporters(own_platform)
    desk = own_platform.as_account("district")
    admin = own_platform.as_account("admin")
    threads = reporters.run()
    for _ in range(KILLS[profile]):
        time.sleep(moments.uniform(0.2, 2.0))
        own_platform.kill()
        own_platform.start()
    time.sleep(1)
    reporters.stopping.set()
    for thread in threads:
        thread.join(timeout=60)

    kept = every_incident(desk)
    ids = [incident["id"] for incident in kept]
    assert len(reporters.acknowledged) > KILLS[profile]
    assert len(ids) == len(set(ids))
    assert len({incident["matter_no"] for incident in kept}) == len(kept)
    assert set(reporters.acknowledged.values()) == set(ids)
    assert reporters.statuses <= {201, 503}
    wait_for(lambda: followed(desk, len(ids)), within_s=60, what="the board to catch up")
    rebuilt = of(admin.post("/command/rebuild"), 200)
    assert rebuilt["differences"] == 0
    assert of(admin.get("/command/deadletters"), 200)["items"] == []


def report(number: int) -> dict[str, Any]:
    return {
        "category": "06",
        "title": f"事件 {number}",
        "location": {"lon": 112.2015 + number % 97 * 1e-4, "lat": 31.0519 + number % 89 * 1e-4},
        "source": SOURCE,
    }


def every_incident(client: httpx.Client) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        asked: dict[str, str | int] = {"source": SOURCE, "limit": 200}
        if cursor:
            asked["cursor"] = cursor
        page = of(client.get("/incidents", params=asked), 200)
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


def followed(client: httpx.Client, expected: int) -> bool:
    board = of(client.get("/command/board", params={"period": "today"}), 200)
    by_category: int = board["by_category"].get("06", 0)
    return by_category >= expected
