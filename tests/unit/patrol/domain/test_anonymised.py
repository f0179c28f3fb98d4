"""What is written over in the events told of an incident: every text and every name that any of them can hold."""

from dataclasses import fields
from typing import Any, get_args, get_type_hints

import pytest

from services.patrol.domain.anonymised import BLANKS
from shared.contracts.event import EVENTS, Event, source_of
from shared.contracts.patrol import IncidentAnonymised

ACCOUNTS = {"by", "reported_by", "handler"}
TOLD = [
    contract
    for contract in EVENTS.values()
    if source_of(contract) == "patrol" and contract.aggregate == "incident_id"
]


@pytest.mark.parametrize("contract", TOLD, ids=lambda contract: contract.event_type)
def test_every_text_and_every_name_is_covered(contract: type[Event]) -> None:
    hints: dict[str, Any] = get_type_hints(contract)
    blanks = BLANKS.get(contract.event_type, {})

    assert (hints.keys() & {*ACCOUNTS, "personal"}) == blanks.keys()
    if "personal" in hints:
        assert set(blanks["personal"]) == {each.name for each in fields(hints["personal"])}


@pytest.mark.parametrize("contract", TOLD, ids=lambda contract: contract.event_type)
def test_what_is_written_over_still_fits_the_contract(contract: type[Event]) -> None:
    hints: dict[str, Any] = get_type_hints(contract)

    for name, blank in BLANKS.get(contract.event_type, {}).items():
        if name != "personal":
            assert isinstance(blank, get_args(hints[name]) or hints[name])


def test_the_event_that_tells_of_it_names_nobody() -> None:
    assert not {*ACCOUNTS, "personal"} & set(get_type_hints(IncidentAnonymised))
