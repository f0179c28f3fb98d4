"""The events keep their promise: names, published schemas, bodies of yesterday and tomorrow."""

import dataclasses
import importlib
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import shared.contracts
from shared.contracts.event import EVENTS, UNHEARD, Event
from shared.contracts.publish import asyncapi, schema_of
from shared.kernel.personal_data import Personal
from shared.runtime.outbox import ContractBroken, told_from

PUBLISHED = Path(__file__).parents[2] / "shared" / "contracts" / "published"
WHAT_IS_HEARD = """
import deploy.green
from deploy.services import SERVICES, service_class
from shared.runtime.event_door import EventDoor

for name in SERVICES:
    for method in vars(service_class(name)).values():
        for door in getattr(method, "nameko_entrypoints", ()):
            if isinstance(door, EventDoor):
                print(*(contract.event_type for contract in door.contracts))
"""
EVENT_TYPE = re.compile(
    r"^(grid|patrol|register|mediation|petition|blacklist|enforcement|emergency|command)\.[a-z_]+\.[a-z_]+\.v[1-9]\d*$"
)
STEP_OF_YESTERDAY: dict[str, Any] = {
    "incident_id": "i-1",
    "matter_no": "P20261123-0000018",
    "from_state": "reported",
    "state": "accepted",
    "level": "community",
    "at": "2026-11-23T08:00:00+08:00",
    "by": "community",
    "unit": None,
    "files": [],
    "personal": {"note": ""},
}


@pytest.fixture(
    params=[EVENTS[name] for name in sorted(EVENTS)],
    ids=lambda contract: str(contract.event_type),
)
def contract(request: pytest.FixtureRequest) -> type[Event]:
    found: type[Event] = request.param
    return found


class TestEveryEvent:
    def test_is_named_by_service_thing_and_past_participle(self, contract: type[Event]) -> None:
        assert EVENT_TYPE.match(contract.event_type)

    def test_names_a_field_as_its_aggregate(self, contract: type[Event]) -> None:
        assert contract.aggregate in contract.__dataclass_fields__

    def test_is_frozen_and_says_what_happened(self, contract: type[Event]) -> None:
        assert contract.__dataclass_params__.frozen  # type: ignore[attr-defined]
        assert contract.__doc__
        assert "(" not in contract.__doc__.split("\n")[0][:1]

    def test_fences_personal_data_by_type(self, contract: type[Event]) -> None:
        hints = get_type_hints(contract)
        fenced = {
            name
            for name, hint in hints.items()
            if getattr(hint, "__name__", "").endswith("PersonalData")
        }
        assert fenced <= {"personal"}
        assert "title" not in hints
        assert "note" not in hints
        assert "description" not in hints

    def test_has_what_is_personal_in_that_part_alone(self, contract: type[Event]) -> None:
        for name, hint in get_type_hints(contract).items():
            if name != "personal":
                assert not any(issubclass(kind, Personal) for kind in classes_in(hint)), name

    def test_is_published_as_it_is(self, contract: type[Event]) -> None:
        published = json.loads((PUBLISHED / f"{contract.event_type}.json").read_text("utf-8"))
        assert published == schema_of(contract)

    def test_accepts_a_field_from_tomorrow(self, contract: type[Event]) -> None:
        body = example(contract)
        told = told_from(contract, body | {"from_tomorrow": {"deep": [1, 2]}})
        assert told == told_from(contract, body)


PERSONAL_PARTS = sorted(
    (
        part
        for module in pkgutil.iter_modules(shared.contracts.__path__, "shared.contracts.")
        for name, part in vars(importlib.import_module(module.name)).items()
        if name.endswith("PersonalData")
    ),
    key=lambda part: str(part.__name__),
)


@pytest.mark.parametrize("part", PERSONAL_PARTS, ids=lambda part: str(part.__name__))
def test_every_text_of_a_personal_part_says_by_type_what_it_is(part: type[Any]) -> None:
    for name, hint in get_type_hints(part).items():
        texts = [kind for kind in classes_in(hint) if issubclass(kind, str)]
        assert all(issubclass(kind, Personal) for kind in texts), name


def classes_in(hint: Any) -> Iterator[type[Any]]:
    """Yield every class that a type is made of: of optional ones, lists, and parts of its own."""
    if isinstance(hint, type) and not get_args(hint):
        yield hint
        if dataclasses.is_dataclass(hint) and not hint.__name__.endswith("PersonalData"):
            for inner in get_type_hints(hint).values():
                yield from classes_in(inner)
    for part in get_args(hint):
        yield from classes_in(part)


def test_the_events_nobody_hears_are_exactly_those_said_to_be_unheard() -> None:
    # In a process of its own: the services want to be green before anything else.
    asked = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WHAT_IS_HEARD],
        cwd=PUBLISHED.parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    heard = set(asked.stdout.split())

    assert heard
    assert set(EVENTS) - heard == UNHEARD


class TestBodies:
    def test_a_step_of_yesterday_is_still_read(self) -> None:
        told = told_from(EVENTS["patrol.incident.accepted.v1"], STEP_OF_YESTERDAY)
        assert told.state == "accepted"  # type: ignore[attr-defined]

    def test_a_broken_body_is_named_by_field_and_not_quoted(self) -> None:
        body = STEP_OF_YESTERDAY | {"at": "张三的电话 13800000000"}
        with pytest.raises(ContractBroken) as broken:
            told_from(EVENTS["patrol.incident.accepted.v1"], body)
        assert "at" in str(broken.value)
        assert "138" not in str(broken.value)


class TestAsyncApi:
    def test_is_published_as_it_is(self) -> None:
        assert json.loads((PUBLISHED / "asyncapi.json").read_text("utf-8")) == asyncapi()

    def test_has_a_channel_for_every_event(self) -> None:
        assert set(asyncapi()["channels"]) == set(EVENTS)


def example(contract: type[Event]) -> dict[str, Any]:
    """Return a body that fits, made from the contract's own schema."""
    schema = schema_of(contract)
    return {name: _value(part, schema) for name, part in schema["properties"].items()}


def _value(part: dict[str, Any], schema: dict[str, Any]) -> Any:
    if "$ref" in part:
        inner = schema["$defs"][part["$ref"].rpartition("/")[2]]
        if "enum" in inner:
            return inner["enum"][0]
        return {name: _value(p, schema) for name, p in inner["properties"].items()}
    if "contentSchema" in part:
        return _value(part["contentSchema"], schema)
    if "anyOf" in part:
        return _value(part["anyOf"][0], schema)
    example = _EXAMPLES.get(part.get("format", part.get("title", "")))
    return part["enum"][0] if "enum" in part else example or _made_of(part["type"])


_EXAMPLES = {
    "date": "2026-11-28",
    "date-time": "2026-11-23T08:00:00+08:00",
    "Phone": "13800000000",
}


def _made_of(kind: str) -> Any:
    made: dict[str, Any] = {
        "string": "x",
        "number": 1.5,
        "integer": 1,
        "boolean": True,
        "array": [],
        "object": {},
    }
    return made[kind]


def test_dataclasses_are_what_pydantic_reads_from_outside() -> None:
    assert all(dataclasses.is_dataclass(contract) for contract in EVENTS.values())
