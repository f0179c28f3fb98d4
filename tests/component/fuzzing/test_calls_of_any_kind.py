"""Whatever a door is asked, it answers or refuses in time; no service fails inside, and none dies of it."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import orjson
import pytest
from kombu import Connection

from services.command.service import CommandService
from services.grid.service import GridService
from services.grid.store import metadata
from services.patrol.service import PatrolService
from services.register.service import RegisterService
from services.register.store.tables import metadata as register_metadata
from shared.kernel.actor import Actor
from shared.kernel.errors import Refusal
from shared.kernel.rights import Role
from shared.runtime.blobs import Blobs
from shared.runtime.doors import Doors
from shared.runtime.rpc_protocol import EXCHANGE
from tests.builders.actor import a_citizen, a_duty_officer, a_grid_member
from tests.component.running import EVERYBODY, Running
from tests.fuzzing.account import Account
from tests.fuzzing.calls import DoorCall, calls_of
from tests.fuzzing.drawing import drawn, shuffled
from tests.fuzzing.requests import ODD_CALLS
from tests.profiles import Profile

SERVICES: tuple[type[Doors], ...] = (
    GridService,
    PatrolService,
    RegisterService,
    CommandService,
)
ADMIN = Actor.of("admin", Role.SYSTEM_ADMINISTRATOR, place_code="*")
ACTORS = (
    a_duty_officer(place_code="*"),
    a_duty_officer(),
    a_grid_member(),
    a_citizen(),
    ADMIN,
    EVERYBODY,
)
DISTRICT = "420802"
# They make everything anew: a few are enough.
FEW = {"rebuild_read_models": 0.1, "import_boundary": 0.5}
PATIENCE_S = 20.0


@pytest.fixture
def platform(running: Running, migrated: None) -> Running:
    """Run grid, patrol, the register and command, with a boundary in force and an incident in it."""
    running.make_tables("grid", metadata)
    running.make_tables("register", register_metadata)
    running.start(*SERVICES)
    return running


@pytest.fixture
def known(platform: Running) -> dict[str, list[Any]]:
    """Give arguments that mean something, by their names."""
    version = _boundary_of_two_cells(platform)
    report = {"category": "05", "title": "垃圾成堆", "location": {"lon": 112.201, "lat": 31.051}}
    opened = [
        platform.ask("patrol", "report_incident", actor=ACTORS[0], report=report) for _ in range(5)
    ]
    house, person = (
        platform.ask("register", "register_record", actor=ACTORS[0], order=_entered(kind))["id"]
        for kind in ("house", "person")
    )
    return {
        "record_id": [house, person],
        "report": [report],
        "incident_id": [incident["id"] for incident in opened],
        "matter_no": [incident["matter_no"] for incident in opened],
        "aggregate_id": [incident["id"] for incident in opened],
        "step": ["accept", "file", "dispatch", "sign", "feedback", "check", "close", "return"],
        "order": [{"note": "写明", "unit": "water", "files": ["f-1"]}],
        "code": ["C1", DISTRICT],
        "place": ["C1", DISTRICT, "*"],
        "parent": [DISTRICT],
        "version": [version],
        "period": ["today", "7d", "all", "2026-11-01..2026-11-23"],
        "q": ["垃圾", opened[0]["matter_no"], "C1"],
        "z": [12],
        "x": [3324],
        "y": [1675],
    }


def test_every_door_answers_or_refuses(
    platform: Running, known: dict[str, list[Any]], profile: Profile, examples: int
) -> None:
    account = Account(name=f"calls-{profile}")
    for call, actor in zip(_calls(known, examples), cycle(ACTORS), strict=False):
        _ask(platform, call, actor, account)
    _look_alive(platform, account, "after all calls")
    account.close()


def test_no_service_dies_of_what_is_no_call(
    platform: Running, profile: Profile, examples: int
) -> None:
    account = Account(name=f"odd-calls-{profile}")
    with Connection(platform.settings.broker_url) as connection:
        channel = connection.default_channel
        for number, odd in enumerate(drawn(ODD_CALLS, examples, "odd calls")):
            prepared = channel.prepare_message(
                odd.body,
                content_type=odd.content_type,
                content_encoding="utf-8",
                headers=odd.headers,
                properties=odd.properties,
            )
            channel.basic_publish(prepared, exchange=EXCHANGE, routing_key=odd.routing_key)
            account.ended("odd call", "sent")
            if number % 20 == 0:
                _look_alive(platform, account, odd)
    _look_alive(platform, account, "after all")
    account.close()


def _calls(known: dict[str, list[Any]], examples: int) -> Iterator[DoorCall]:
    doors = [door for service in SERVICES for door in calls_of(service, known)]
    share = max(2, examples // len(doors))
    calls = [
        call
        for number, (name, strategy) in enumerate(doors)
        for call in drawn(strategy, max(2, int(share * FEW.get(name, 1))), f"{name} {number}")
    ]
    yield from shuffled(calls, "calls")


def _ask(platform: Running, call: DoorCall, actor: Actor, account: Account) -> None:
    kind = f"{call.service}.{call.method}"
    try:
        orjson.dumps(call.arguments)
    except orjson.JSONEncodeError:
        return account.ended(kind, "cannot be sent")
    try:
        platform.ask(
            call.service,
            call.method,
            actor=actor,
            key=call.key,
            fingerprint=call.method,
            timeout_s=PATIENCE_S,
            **call.arguments,
        )
    except Refusal as refusal:
        if refusal.code in {"service_fault", "service_slow", "service_away"}:
            account.find(f"{kind}: {refusal.code}", f"{actor} {call}")
        return account.ended(kind, type(refusal).__name__)
    except TypeError:
        # The test's own way of asking has a parameter of that name.
        return account.ended(kind, "cannot be sent")
    return account.ended(kind, "answered")


def _look_alive(platform: Running, account: Account, example: object) -> None:
    try:
        for service in SERVICES:
            platform.ask(service.name, "ready")
    except Refusal as refusal:
        account.find(f"a service is dead: {refusal.code}", example)
        account.close()


def _boundary_of_two_cells(platform: Running) -> int:
    features = [
        {
            "type": "Feature",
            "properties": {"code": f"C{number}", "name": f"网格{number}"},
            "geometry": {"type": "Polygon", "coordinates": [_square(112.2 + number / 100)]},
        }
        for number in (0, 1)
    ]
    document = orjson.dumps({"type": "FeatureCollection", "features": features})
    digest = Blobs(platform.settings.data / "blobs").put([document])
    layer = {
        "file_id": digest,
        "file_name": "cells.geojson",
        "level": "cell",
        "code_field": "code",
        "name_field": "name",
    }
    order = {
        "label": "两个网格",
        "layers": [layer],
        "scheme": "free",
        "district_code": DISTRICT,
        "district_name": "东宝区",
    }
    report = platform.ask("grid", "import_boundary", actor=ADMIN, order=order, timeout_s=60)
    version: int = report["version"]
    platform.ask("grid", "activate_boundary", actor=ADMIN, version=version, accept_findings=True)
    return version


def _entered(kind: str) -> dict[str, Any]:
    order = {"kind": kind, "type": "other" if kind == "house" else "floating"}
    said = {"name": "3栋"} if kind == "house" else {"personal": {"name": "张三"}}
    return order | said | {"location": {"lon": 112.201, "lat": 31.051}}


def _square(west: float) -> list[list[float]]:
    east, south, north = west + 0.01, 31.05, 31.06
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]
