"""Requests of Los Angeles as incidents that live when they did: reported, sent out and done at the times of the CSV."""

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from deploy.cli.csv_table import Row
from deploy.cli.mapping_file import read_mapping
from deploy.cli.replay_row import Reader
from services.patrol import wiring
from shared.contracts.patrol import IncidentReport, StepOrder
from shared.kernel.actor import WHOLE_TREE
from shared.kernel.clock import Clock
from shared.kernel.place import Place, Point
from shared.runtime.call import Call
from shared.runtime.outbox import Outbox, adapter
from shared.runtime.work import Work
from tests.builders.actor import a_duty_officer, a_grid_member
from tests.builders.place import a_place, outside
from tests.component.running import Running
from tests.platform import ROOT

DISTRICT = "LA"
MAPPING = ROOT / "deploy" / "mappings" / "la311.yaml"
TIMES = "%m/%d/%Y %I:%M:%S %p"
DESK, CREW = a_duty_officer(place_code=WHOLE_TREE), a_grid_member("crew", place_code=WHOLE_TREE)
ORDER = StepOrder(note="as the city recorded it", unit="city", files=["photo"])
# What happens to a request by its status: at which of its times who does what.
_DONE = (("accept", "created"), ("file", "created"), ("dispatch", "sent"), ("sign", "sent"))
_CLOSED = (*_DONE, ("feedback", "closed"), ("check", "closed"), ("close", "closed"))
_LIVES = {
    "Closed": _CLOSED,
    "Open": _DONE,
    "Referred Out": _DONE[:2],
    "Cancelled": (("cancel", "closed"),),
}


def area_of(council: str) -> Place:
    """Return the place of a neighbourhood council: it stands for a street, its community and its cell."""
    if not council:
        return outside()
    codes = {"street": f"NC{council}", "community": f"NC{council}-C", "cell": f"NC{council}-CC"}
    return a_place(district=DISTRICT, **codes)


class Recorded:
    """Knows where a request lies as the city recorded it."""

    council = ""

    def locate(self, _: Point) -> Place:
        return area_of(self.council)


def usable(path: Path) -> Iterator[dict[str, str]]:
    """Yield the requests that have a point and were not closed before they were created."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["Latitude"] and row["Longitude"] and not _is_closed_too_early(row):
                yield row


def replay(running: Running, rows: list[dict[str, str]]) -> None:
    """Let patrol's own use cases take every request through its life, each step at its time."""
    reader = Reader(read_mapping(MAPPING).mapping, list(rows[0]))
    recorded, work = Recorded(), Work(running.database("patrol"))
    for number, row in enumerate(rows, 1):
        read = reader.report_of(Row(number, list(row.values())))
        assert read is not None
        times = times_of(row)
        recorded.council = row["NC"]
        report = adapter(IncidentReport).validate_python(read.body)
        outbox = Outbox(work, Call())
        with work.begin():
            reporting = wiring.report_incident(
                work, outbox, recorded, running.settings, clock=_at(times["created"])
            )
            opened = reporting(report, actor=DESK)
            for step, named in _LIVES[row["Status"]]:
                take = wiring.take_step(work, outbox, running.settings, clock=_at(times[named]))
                actor = CREW if step in ("sign", "feedback") else DESK
                take(opened.incident_id, step, ORDER, actor=actor)
        work.keep()
    work.close()


def _at(moment: datetime) -> Clock:
    return lambda: moment


def times_of(row: dict[str, str]) -> dict[str, datetime]:
    """Return when it was created, sent out on the day planned for it, and closed."""
    created = _instant(row["CreatedDate"])
    closed = _instant(row["ClosedDate"]) if row["ClosedDate"] else None
    planned = _instant(row["ServiceDate"]) if row["ServiceDate"] else created
    sent = max(created, planned if closed is None else min(planned, closed))
    return {"created": created, "sent": sent, "closed": closed or created}


def _instant(text: str) -> datetime:
    naive = datetime.strptime(text, TIMES)  # noqa: DTZ007 – the zone follows
    return naive.replace(tzinfo=ZoneInfo("America/Los_Angeles"))


def _is_closed_too_early(row: dict[str, str]) -> bool:
    return bool(row["ClosedDate"]) and _instant(row["ClosedDate"]) < _instant(row["CreatedDate"])
