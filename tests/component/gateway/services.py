"""Small real services behind the edge: they answer what they were asked, in nameko's protocol."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import nameko.rpc
from nameko.extensions import DependencyProvider

from shared.kernel.errors import Forbidden, NotFound, Refusal, RuleBroken
from shared.runtime.call import Call, call_from
from shared.runtime.rpc_client import service_away

Method = TypeVar("Method", bound=Callable[..., Any])


def rpc(method: Method) -> Method:
    return nameko.rpc.rpc(method)  # type: ignore[no-any-return]


class _Call(DependencyProvider):  # type: ignore[misc]
    def get_dependency(self, worker_ctx: Any) -> Call:
        return call_from(worker_ctx.data)


class Toy:
    """What the services have in common: they note what they were asked, and by whom."""

    name: ClassVar[str]
    call: Call = _Call()
    asked: ClassVar[list[tuple[str, str, dict[str, Any], Call]]] = []
    refusals: ClassVar[dict[str, Refusal]] = {}

    def answered(self, method: str, arguments: dict[str, Any], answer: Any) -> dict[str, Any]:
        Toy.asked.append((self.name, method, arguments, self.call))
        if method in Toy.refusals:
            return {"refusal": Toy.refusals[method].to_wire()}
        return {"answer": answer}

    @rpc
    def ready(self) -> dict[str, Any]:
        return self.answered("ready", {}, {"ready": True})

    @rpc
    def dead_letters(self, **arguments: Any) -> dict[str, Any]:
        letter = {"id": f"letter-of-{self.name}", "died_at": f"2026-11-2{len(self.name)}"}
        return self.answered("dead_letters", arguments, [letter])

    @rpc
    def dead_letter(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("dead_letter", arguments, {"id": arguments["letter_id"]})

    @rpc
    def replay_dead_letter(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("replay_dead_letter", arguments, {"id": arguments["letter_id"]})


PLACE = {
    "status": "inside",
    "distance_m": 0,
    "cell": {"code": "420802001001001", "name": "一网格"},
    "community": {"code": "420802001001", "name": "一社区"},
    "street": {"code": "420802001", "name": "一街道"},
    "district": {"code": "420802", "name": "东宝区"},
    "boundary_version": 1,
}


class Grid(Toy):
    name = "grid"

    @rpc
    def locate(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("locate", arguments, PLACE)

    @rpc
    def locate_many(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("locate_many", arguments, [PLACE] * len(arguments["points"]))

    @rpc
    def divisions(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("divisions", arguments, {"items": [], "boundary_version": 1})

    @rpc
    def cell(self, **arguments: Any) -> dict[str, Any]:
        known = {"420802": "东宝区", "420802001001001": "一网格"}
        if arguments["code"] not in known:
            refusal = NotFound(code="no_such_area", zh="没有", en="none")
            return {"refusal": refusal.to_wire()}
        code = arguments["code"]
        return self.answered("cell", arguments, {"code": code, "name": known[code]})

    @rpc
    def set_cell_officers(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("set_cell_officers", arguments, arguments)

    @rpc
    def import_boundary(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("import_boundary", arguments, {"version": 2, "findings": []})

    @rpc
    def boundaries(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("boundaries", arguments, [{"version": 1}])

    @rpc
    def boundary(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("boundary", arguments, {"version": arguments["version"]})

    @rpc
    def activate_boundary(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("activate_boundary", arguments, {"state": "active"})

    @rpc
    def boundary_impact(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("boundary_impact", arguments, {"moved": 0})

    @rpc
    def boundary_lineage(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("boundary_lineage", arguments, [])

    @rpc
    def tile(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("tile", arguments, "dGlsZQ==")


class Patrol(Toy):
    name = "patrol"

    @rpc
    def report_incident(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("report_incident", arguments, {"id": "new", "state": "reported"})

    @rpc
    def take_step(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("take_step", arguments, {"id": arguments["incident_id"]})

    @rpc
    def incident(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("incident", arguments, {"id": arguments["incident_id"]})

    @rpc
    def incidents(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("incidents", arguments, {"items": [], "next_cursor": None})

    @rpc
    def categories(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("categories", arguments, [{"code": "05", "zh": "环境"}])


class Command(Toy):
    name = "command"
    # The log of the live stream; tests append to it.
    entries: ClassVar[list[dict[str, Any]]] = []

    @rpc
    def board(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("board", arguments, {"total": 0})

    @rpc
    def dossier(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("dossier", arguments, {"matter_no": arguments["matter_no"]})

    @rpc
    def search(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("search", arguments, {"items": [], "next_cursor": None})

    @rpc
    def rebuild_read_models(self, **arguments: Any) -> dict[str, Any]:
        return self.answered("rebuild_read_models", arguments, {"events": 0})

    @rpc
    def stream_since(self, **arguments: Any) -> dict[str, Any]:
        newer = [entry for entry in Command.entries if entry["id"] > arguments["after"]]
        last = Command.entries[-1]["id"] if Command.entries else 0
        return self.answered("stream_since", arguments, {"entries": newer[:50], "last": last})


SERVICES = (Grid, Patrol, Command)
RULE_BROKEN = RuleBroken(code="wrong_state", zh="状态不对", en="wrong state")
FORBIDDEN = Forbidden(code="not_yours", zh="不是您的", en="not yours")
AWAY = service_away("grid")
