"""Small real services behind the edge: they answer what they were asked, in nameko's protocol.

In a process of their own (`python -m tests.component.gateway.services AMQP_URL`) they also answer
for what they remember, so that tests elsewhere may look at it.
"""

import tests.green  # noqa: F401 – before everything else  # isort: skip

import sys
import time
from typing import Any, ClassVar

from nameko.extensions import DependencyProvider
from nameko.runners import ServiceRunner

from shared.kernel.errors import NotFound, from_wire
from shared.runtime.call import Call, call_from
from shared.runtime.rpc_door import open_door
from tests.component.gateway.behind import (
    CATEGORIES,
    FEATURE_ID,
    IMPORT,
    PLACE,
    SERVICE_REQUEST,
    TO_EXPORT,
    Toy,
    incident_to_export,
    page_of_features,
)
from tests.component.gateway.edge_settings import EdgeSettings


class _Call(DependencyProvider):  # type: ignore[misc]
    def get_dependency(self, worker_ctx: Any) -> Call:
        return call_from(worker_ctx.data)


class Service:
    """What the services have in common: they note what they were asked, and by whom."""

    name: ClassVar[str]
    call: Call = _Call()

    def answered(self, method: str, arguments: dict[str, Any], answer: Any) -> dict[str, Any]:
        Toy.asked.append((self.name, method, arguments, self.call))
        if method in Toy.delays:
            time.sleep(Toy.delays[method])
        if method in Toy.refusals:
            return {"refusal": Toy.refusals[method].to_wire()}
        return {"answer": answer}

    @open_door
    def ready(self) -> dict[str, Any]:
        return self.answered("ready", {}, {"ready": True})

    @open_door
    def audit_entries(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("audit_entries", arguments, {"items": [], "next_cursor": None})

    @open_door
    def audit_anchors(self) -> dict[str, Any]:
        return self.answered("audit_anchors", {}, [{"service": "grid", "kept_by": self.name}])

    @open_door
    def dead_letters(self, **arguments: Any) -> dict[str, Any]:
        letter = {"id": f"letter-of-{self.name}", "died_at": f"2026-11-2{len(self.name)}"}
        return self.answered("dead_letters", arguments, [letter])

    @open_door
    def unsent_events(self) -> dict[str, Any]:
        waiting = {"event_type": f"{self.name}.thing.done.v1", "events": 3, "unroutable": 2}
        return self.answered("unsent_events", {}, [waiting] if self.name == "patrol" else [])

    @open_door
    def dead_letter(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("dead_letter", arguments, {"id": arguments["letter_id"]})

    @open_door
    def replay_dead_letter(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("replay_dead_letter", arguments, {"id": arguments["letter_id"]})


class Grid(Service):
    name = "grid"

    @open_door
    def locate(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("locate", arguments, PLACE)

    @open_door
    def locate_many(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("locate_many", arguments, [PLACE] * len(arguments["points"]))

    @open_door
    def clock_rules(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("clock_rules", arguments, [{"id": "petition.forward"}])

    @open_door
    def compute_clock(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("compute_clock", arguments, {"due": "2026-02-25"})

    @open_door
    def calendar(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("calendar", arguments, {"year": arguments["year"]})

    @open_door
    def set_calendar(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("set_calendar", arguments, {"year": arguments["year"]})

    @open_door
    def divisions(self, **arguments: Any) -> dict[str, Any]:
        district = {"code": "420802", "name": "东宝区"}
        return self.answered("divisions", arguments, {"items": [district], "boundary_version": 1})

    @open_door
    def chain_of(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("chain_of", arguments, [{"code": arguments["code"]}])

    @open_door
    def cell(self, **arguments: Any) -> dict[str, Any]:
        known = {"420802": "东宝区", "420802001001001": "一网格"}
        if arguments["code"] not in known:
            refusal = NotFound(code="no_such_area", zh="没有", en="none")
            return {"refusal": refusal.to_wire()}
        code = arguments["code"]
        return self.answered("cell", arguments, {"code": code, "name": known[code]})

    @open_door
    def cell_extent(self) -> dict[str, Any]:
        extent = {"box": [112, 31, 113, 32], "since": "2026-11-01T00:00:00Z"}
        return self.answered("cell_extent", {}, extent)

    @open_door
    def cell_features(self, **arguments: Any) -> dict[str, Any]:
        page = page_of_features(arguments["cursor"], "420802001001001")
        return self.answered("cell_features", arguments, page | {"matched": 7})

    @open_door
    def cell_feature(self, **arguments: Any) -> dict[str, Any]:
        found = {"type": "Feature", "id": arguments["code"]}
        return self.answered("cell_feature", arguments, found)

    @open_door
    def set_cell_officers(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("set_cell_officers", arguments, arguments)

    @open_door
    def import_boundary(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("import_boundary", arguments, {"version": 2, "findings": []})

    @open_door
    def boundaries(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("boundaries", arguments, [{"version": 1}])

    @open_door
    def boundary(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("boundary", arguments, {"version": arguments["version"]})

    @open_door
    def activate_boundary(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("activate_boundary", arguments, {"state": "active"})

    @open_door
    def boundary_impact(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("boundary_impact", arguments, {"moved": 0})

    @open_door
    def boundary_lineage(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("boundary_lineage", arguments, [])

    @open_door
    def tile(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("tile", arguments, "dGlsZQ==")


class Patrol(Service):
    name = "patrol"

    @open_door
    def plan_round(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("plan_round", arguments, {"id": "new", "state": "planned"})

    @open_door
    def start_round(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("start_round", arguments, {"id": arguments["round_id"]})

    @open_door
    def take_track(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("take_track", arguments, {"accepted": 1})

    @open_door
    def check_in(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("check_in", arguments, {"valid": True})

    @open_door
    def rounds(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("rounds", arguments, {"items": [], "next_cursor": None})

    @open_door
    def roster_gaps(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("roster_gaps", arguments, {"items": [], "next_cursor": None})

    @open_door
    def nearest_officers(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("nearest_officers", arguments, [])

    @open_door
    def report_incident(self, **arguments: Any) -> dict[str, Any]:
        opened = {"id": "new", "state": "reported", "matter_no": SERVICE_REQUEST["matter_no"]}
        return self.answered("report_incident", arguments, opened)

    @open_door
    def take_step(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("take_step", arguments, {"id": arguments["incident_id"]})

    @open_door
    def close_off_incident(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("close_off_incident", arguments, {"id": arguments["incident_id"]})

    @open_door
    def incident(self, **arguments: Any) -> dict[str, Any]:
        asked_for = arguments["incident_id"]
        found = {"id": asked_for, "files": [asked_for], "steps": []}
        return self.answered("incident", arguments, found)

    @open_door
    def incidents(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("incidents", arguments, {"items": [], "next_cursor": None})

    @open_door
    def nearby_incidents(self, **arguments: Any) -> Any:
        return self.answered("nearby_incidents", arguments, [])

    @open_door
    def incident_features(self, **arguments: Any) -> dict[str, Any]:
        page = page_of_features(arguments["cursor"], FEATURE_ID)
        return self.answered("incident_features", arguments, page)

    @open_door
    def incident_feature(self, **arguments: Any) -> dict[str, Any]:
        found = {"type": "Feature", "id": arguments["incident_id"]}
        return self.answered("incident_feature", arguments, found)

    @open_door
    def named_files(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("named_files", arguments, arguments["file_ids"][:1])

    @open_door
    def categories(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("categories", arguments, CATEGORIES)

    @open_door
    def import_catalogue(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("import_catalogue", arguments, {"version": 2})

    @open_door
    def activate_catalogue(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("activate_catalogue", arguments, {"version": arguments["version"]})

    @open_door
    def catalogues(self, **arguments: Any) -> Any:
        return self.answered("catalogues", arguments, [])

    @open_door
    def catalogue(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("catalogue", arguments, {"version": arguments["version"]})

    @open_door
    def service_requests(self, **arguments: Any) -> dict[str, Any]:
        numbers = arguments["where"]["matter_nos"]
        is_there = not numbers or SERVICE_REQUEST["matter_no"] in numbers
        found = {"items": [SERVICE_REQUEST] if is_there else [], "more": False}
        return self.answered("service_requests", arguments, found)

    @open_door
    def count_to_export(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("count_to_export", arguments, TO_EXPORT)

    @open_door
    def incidents_to_export(self, **arguments: Any) -> dict[str, Any]:
        begun = int(arguments["cursor"] or 0)
        page = range(begun, min(begun + 200, TO_EXPORT))
        more = str(page.stop) if page.stop < TO_EXPORT else None
        items = [incident_to_export(number) for number in page]
        return self.answered(
            "incidents_to_export", arguments, {"items": items, "next_cursor": more}
        )


class Register(Service):
    name = "register"

    @open_door
    def register_record(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("register_record", arguments, {"id": "new", "version": 1})

    @open_door
    def records_by_number(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("records_by_number", arguments, {"items": [], "next_cursor": None})

    @open_door
    def begin_import(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("begin_import", arguments, {"id": IMPORT, "state": "receiving"})

    @open_door
    def record_import(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("record_import", arguments, {"id": IMPORT, "state": "receiving"})

    @open_door
    def add_import_rows(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("add_import_rows", arguments, {"id": IMPORT, "state": "receiving"})


def some_figures() -> dict[str, Any]:
    """Return an answer of command with one indicator of each form, and an area under the place."""
    rate = {"numerator": 3, "denominator": 4, "excluded": 1, "value": 0.75}
    count = {"numerator": 5, "denominator": None, "excluded": 0, "value": 5}
    november = {"since": "2026-11-01T00:00:00+08:00", "until": "2026-11-23T08:00:00+08:00"}
    october = {"since": "2026-10-01T00:00:00+08:00", "until": "2026-11-01T00:00:00+08:00"}
    return {
        "place": {"code": "420802001", "name": "街道", "level": "street"},
        "period": november,
        "before": october,
        "indicators": [
            {"name": "closing_rate", **rate, "before": dict(rate)},
            {"name": "reported", **count, "before": dict(count)},
        ],
        "children": [{"code": "420802001001", "figures": {"closing_rate": dict(rate)}}],
    }


class Command(Service):
    name = "command"

    @open_door
    def board(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("board", arguments, {"total": 0})

    @open_door
    def clocks_due(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("clocks_due", arguments, {"items": [], "next_cursor": None})

    @open_door
    def indicators(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("indicators", arguments, some_figures())

    @open_door
    def mechanism_report(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("mechanism_report", arguments, some_figures())

    @open_door
    def figure_rows(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("figure_rows", arguments, {"items": [], "next_cursor": None})

    @open_door
    def dossier(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("dossier", arguments, {"matter_no": arguments["matter_no"]})

    @open_door
    def search(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("search", arguments, {"items": [], "next_cursor": None})

    @open_door
    def keep_edge_anchor(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("keep_edge_anchor", arguments, None)

    @open_door
    def rebuild_read_models(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("rebuild_read_models", arguments, {"events": 0})

    @open_door
    def stream_since(self, **arguments: Any) -> dict[str, Any]:
        newer = [entry for entry in Toy.entries if entry["id"] > arguments["after"]]
        last = Toy.entries[-1]["id"] if Toy.entries else 0
        return self.answered("stream_since", arguments, {"entries": newer[:50], "last": last})


SERVICES = (Grid, Patrol, Register, Command)


class Memories:
    """Reads and changes what the services in this process remember, for tests in another."""

    name = "memory"

    @open_door
    def read(self, name: str) -> dict[str, Any]:
        if name == "refusals":
            return {"answer": {on: refusal.to_wire() for on, refusal in Toy.refusals.items()}}
        if name == "delays":
            return {"answer": dict(Toy.delays)}
        if name == "entries":
            return {"answer": list(Toy.entries)}
        return {"answer": [[*said, call.headers()] for *said, call in Toy.asked]}

    @open_door
    def write(self, name: str, value: Any) -> dict[str, Any]:
        if name == "refusals":
            Toy.refusals.clear()
            Toy.refusals.update({on: from_wire(refusal) for on, refusal in value.items()})
        elif name == "delays":
            Toy.delays.clear()
            Toy.delays.update(value)
        elif name == "entries":
            Toy.entries[:] = value
        else:
            Toy.asked[:] = [(*said, call_from(headers)) for *said, headers in value]
        return {"answer": None}


def runner_on(broker_url: str, *services: type[Any]) -> ServiceRunner:
    """Return what runs some services, not yet started."""
    settings = EdgeSettings(broker=broker_url)
    runner = ServiceRunner({"AMQP_URI": broker_url, "settings": settings, "max_workers": 20})
    for service in services:
        runner.add_service(service)
    return runner


def main() -> None:
    """Run the services until this process is ended; say when they listen."""
    runner = runner_on(sys.argv[1], *SERVICES, Memories)
    runner.start()
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    runner.wait()


if __name__ == "__main__":
    main()
