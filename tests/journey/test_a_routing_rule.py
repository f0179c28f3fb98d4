"""A duty officer tries a rule on what was reported, an administrator puts it in force, and a report goes by it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.kernel.clock import china_now
from tests.journey.test_an_incident_over_three_levels import Case, lines_of
from tests.journey.test_rights import centre_of
from tests.platform import Platform, of

# No other test is about this cell: all share one platform.
CELL = "420802001012002"
RULE = {
    "zh": "水体污染交水务",
    "en": "Fouled water to the water authority",
    "priority": 9001,
    "applies": "dispatch",
    "target": {"department": "water"},
    "condition": {"categories": ["05"], "places": [CELL]},
}


@pytest.fixture
def people(platform: Platform) -> dict[str, httpx.Client]:
    return {name: platform.as_account(name) for name in ("member", "district", "admin")}


@pytest.fixture
def rule(people: dict[str, httpx.Client]) -> Iterator[dict[str, Any]]:
    """Have a rule drafted; it is retired in the end, whatever became of it."""
    drafted: dict[str, Any] = of(people["district"].post("/routing/rules", json=RULE), 201)
    yield drafted
    people["admin"].post(f"/routing/rules/{drafted['rule']}/retire", json={"note": "试毕"})


def reported(client: httpx.Client, **where: str) -> list[dict[str, Any]]:
    """Return all that a list of incidents holds."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = of(client.get("/incidents", params={"limit": "200", **where, **cursor}), 200)
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def test_a_routing_rule_is_tried_put_in_force_and_followed(
    people: dict[str, httpx.Client], rule: dict[str, Any]
) -> None:
    member, district, admin = people["member"], people["district"], people["admin"]
    until = china_now() + timedelta(minutes=1)
    period = {"since": (until - timedelta(days=31)).isoformat(), "until": until.isoformat()}

    # What would this rule have done last month, everywhere?
    everywhere = RULE | {"condition": {"categories": ["05"]}, "priority": 9002}
    trial = period | {"rules": [everywhere], "drafts": [rule["rule"]]}
    tried = of(district.post("/routing/dry-run", json=trial), 200)
    all_of_it = reported(
        district, category="05", reported_from=period["since"], reported_to=period["until"]
    )
    of_rule = {each["rule"]: each for each in tried["rules"]}
    here = [each for each in all_of_it if each["place"]["cell"]["code"] == CELL]
    assert tried["complete"]
    assert of_rule[rule["rule"]]["decided"] == len(here)
    assert of_rule["rules.0"]["matched"] == len(all_of_it) > 20
    assert of_rule["rules.0"]["same"] == sum(
        each["unit"] == "water" for each in all_of_it if each not in here
    )
    numbers = {each["matter_no"] for each in all_of_it}
    examples = {each["matter_no"] for each in of_rule["rules.0"]["examples"]}
    assert examples
    assert examples <= numbers

    # Whoever wrote it does not put it in force.
    path = f"/routing/rules/{rule['rule']}"
    assert district.post(f"{path}/activate", json={}).status_code == 403
    active = of(admin.post(f"{path}/activate", json={"note": "12 月起试行"}), 200)
    assert (active["state"], active["shadowed"]) == ("active", [])

    case = Case(member, location=centre_of(member, CELL))
    routing = case.shown["routing"]
    assert (routing["rule"], routing["unit"], routing["applies"]) == (
        rule["rule"],
        "water",
        "dispatch",
    )
    assert "水体污染交水务" in routing["zh"]
    assert "Fouled water to the water authority" in routing["en"]
    assert case.take(district, "accept")["unit"] is None
    sent = case.take(district, "file")
    assert (sent["state"], sent["unit"]) == ("dispatched", "water")
    assert (sent["steps"][-1]["by"], sent["steps"][-1]["step"]) == ("platform", "dispatch")

    lines = lines_of(district, case.matter_no, least=4)
    assert [entry["routing"]["zh"] for entry in lines if "routing" in entry] == [routing["zh"]] * 3
    assert lines[-1]["line"]["zh"] == "派遣至 water。"

    then = of(district.get("/routing/in-force", params={"at": routing["at"]}), 200)
    assert then["version"] == routing["set_version"]
    assert rule["rule"] in {each["rule"] for each in then["rules"]}
    of(admin.post(f"{path}/retire", json={"note": "试行结束"}), 200)
    unrouted = Case(member, location=centre_of(member, CELL)).shown["routing"]
    assert (unrouted["rule"], unrouted["desk"]) == (None, "community")
    history = of(district.get(path), 200)["history"]
    assert [(each["what"], each["by"], each["note"]) for each in history] == [
        ("retire", "admin", "试行结束"),
        ("activate", "admin", "12 月起试行"),
        ("draft", "district", ""),
    ]


def test_a_condition_that_is_not_understood_or_about_nothing_is_refused(
    people: dict[str, httpx.Client],
) -> None:
    misspelt = RULE | {"condition": {"categories": ["05"], "place": [CELL]}}
    nowhere = RULE | {"condition": {"places": [CELL, "420802999"]}}

    for rule, field in ((misspelt, "condition.place"), (nowhere, "condition.places.1")):
        problem = of(people["district"].post("/routing/rules", json=rule), 422)

        assert [error["field"] for error in problem["errors"]] == [field]
