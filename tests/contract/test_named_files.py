"""Whoever takes ids of uploaded files is asked which it names, before the edge deletes any."""

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any, get_type_hints

import shared.contracts
from services.patrol.store.named_files import FILES_IN_DETAILS, names_in
from shared.contracts.files import NAMING_FILES, FileIds

# Whoever keeps one of these also keeps who names which file (`named_file` in patrol).
NAMED = {
    "patrol": {
        "IncidentReport.files",
        "StepOrder.files",
        *(f"StepOrder.{name}" for name in FILES_IN_DETAILS),
    }
}


def fields_with_files() -> Iterator[tuple[str, str]]:
    """Yield the contract and the field of every order that names files."""
    for module in pkgutil.iter_modules(shared.contracts.__path__):
        contracts = importlib.import_module(f"shared.contracts.{module.name}")
        for name, found in vars(contracts).items():
            if dataclasses.is_dataclass(found) and found.__module__ == contracts.__name__:
                hints: dict[str, Any] = get_type_hints(found, include_extras=True)
                for field, hint in hints.items():
                    if hint == FileIds:
                        yield module.name, f"{name}.{field}"


def test_every_order_that_names_files_is_known() -> None:
    found = set(fields_with_files())

    assert found == {(service, field) for service, fields in NAMED.items() for field in fields}
    assert set(NAMING_FILES) == NAMED.keys()


def test_a_report_and_a_step_name_each_file_once() -> None:
    rows = [*names_in("i", ("a", "b", "a")), *names_in("i", ("c",), {"before": ["d", "c"]})]

    assert [row["file_id"] for row in rows] == ["a", "b", "c", "d"]
    assert {row["incident_id"] for row in rows} == {"i"}
