"""An incident that does not go smoothly: returned twice, decided on, found wanting, closed and opened again."""

from typing import Any

import httpx
import pytest

from tests.journey.test_illegal_dumping_from_report_to_closure import photo
from tests.journey.test_rights import CELL, centre_of
from tests.platform import Platform, of, wait_for


class Case:
    """One incident, and the steps people take with it."""

    def __init__(self, reporter: httpx.Client, **changed: Any) -> None:
        body = {"category": "05", "title": "路边积水", "location": centre_of(reporter, CELL)}
        self.shown: dict[str, Any] = of(reporter.post("/incidents", json=body | changed), 201)

    @property
    def matter_no(self) -> str:
        return str(self.shown["matter_no"])

    def take(self, client: httpx.Client, step: str, **order: Any) -> dict[str, Any]:
        path = f"/incidents/{self.shown['id']}/{step}"
        self.shown = of(client.post(path, json=order), 200)
        return self.shown

    def refused(self, client: httpx.Client, step: str, **order: Any) -> str:
        """Return the code with which the step is refused as out of rule, and see that it says why."""
        problem = of(client.post(f"/incidents/{self.shown['id']}/{step}", json=order), 409)
        assert problem["detail"]
        return str(problem["code"])


def evidence(client: httpx.Client) -> str:
    kept = of(client.post("/files", files={"file": ("a.jpg", photo())}), 201)
    return str(kept["id"])


def lines_of(client: httpx.Client, matter_no: str, *, least: int) -> list[dict[str, Any]]:
    """Return the lines of a matter's dossier, once command has heard of so many."""
    found: list[dict[str, Any]] = []

    def is_heard() -> bool:
        answer = client.get(f"/matters/{matter_no}")
        found[:] = answer.json()["entries"] if answer.status_code == 200 else []
        return len(found) >= least

    wait_for(is_heard, within_s=30, what="the dossier")
    return found


@pytest.fixture
def people(platform: Platform) -> dict[str, httpx.Client]:
    names = ("member", "community", "street", "district", "department")
    return {name: platform.as_account(name) for name in names}


def test_a_task_returned_twice_is_decided_on_level_by_level(
    people: dict[str, httpx.Client],
) -> None:
    member, unit = people["member"], people["department"]
    community, street, district = (people[name] for name in ("community", "street", "district"))
    case = Case(member)

    case.take(community, "accept")
    case.take(community, "file")
    case.take(community, "dispatch", unit="water")
    case.take(unit, "return", note="不属本单位")
    case.take(community, "arbitrate", unit="water", note="按权责清单属水务")
    case.take(unit, "return", note="仍有异议")
    assert case.refused(community, "redispatch", unit="water") == "arbitration_needed"
    assert case.refused(community, "arbitrate", unit="water", note="再裁") == (
        "arbitrated_at_this_level"
    )
    case.take(street, "arbitrate", unit="urban-management", note="由城管承办")
    assert case.refused(unit, "return", note="第三次") == "return_limit_reached"

    case.take(unit, "sign")
    assert case.refused(district, "close") == "step_out_of_turn"
    case.take(unit, "feedback", note="已疏通", files=[evidence(unit)])
    case.take(district, "rework", note="仍有积水")
    case.take(unit, "feedback", note="再次疏通", files=[evidence(unit)])
    case.take(district, "check")
    case.take(district, "close")
    reopened = case.take(district, "reopen", note="雨后又积水")

    assert (reopened["state"], reopened["reopen_count"]) == ("filed", 1)
    assert (reopened["rework_count"], reopened["unit"]) == (1, None)
    lines = [entry["line"] for entry in lines_of(district, case.matter_no, least=15)]
    assert {"zh": "裁定由 urban-management 承办。"}.items() <= lines[7].items()
    assert lines[-1] == {"zh": "重新打开。", "en": "Opened again."}


def test_whoever_worked_on_it_does_not_check_it(people: dict[str, httpx.Client]) -> None:
    district = people["district"]
    case = Case(people["member"])
    for step in ("accept", "file"):
        case.take(district, step)
    case.take(district, "dispatch", unit="water")
    case.take(district, "sign")
    unit = people["department"]
    case.take(unit, "feedback", note="已疏通", files=[evidence(unit)])

    assert case.refused(district, "check") == "handler_checks_own_work"
    assert case.take(people["member"], "check")["state"] == "checked"


def test_a_limit_stands_while_it_is_suspended_and_is_listed_by_when_it_is_due(
    people: dict[str, httpx.Client],
) -> None:
    district, unit = people["district"], people["department"]
    case = Case(people["member"], severity="L4")
    [accept] = case.shown["clocks"]
    assert (accept["kind"], accept["rule_id"], accept["colour"]) == (
        "accept",
        "incident.l4.accept",
        "green",
    )
    for step in ("accept", "file"):
        case.take(district, step)
    case.take(district, "dispatch", unit="water")
    case.take(unit, "sign")

    def handling() -> dict[str, Any]:
        clocks: list[dict[str, Any]] = case.shown["clocks"]
        return next(clock for clock in clocks if clock["kind"] == "handle")

    first = handling()["due_current"]
    grounds = {"note": "等待专业检测", "ground": "lunch"}
    assert case.refused(district, "suspend", **grounds) == "ground_not_permitted"
    case.take(district, "suspend", note="等待专业检测", ground="approved_suspension")
    assert (handling()["suspended"], handling()["due_current"]) == (True, None)
    case.take(unit, "resume")
    assert handling()["due_current"] >= first
    case.take(district, "extend", note="工程量大", extension=6)
    assert handling()["extended_by"] == 6
    assert handling()["due_current"] > handling()["due_original"] == first
    assert case.refused(district, "extend", note="再延", extension=1) == "extended_before"

    due = {"due_before": "2100-01-01T00:00:00+08:00", "kind": "handle", "place": CELL}

    def listed() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = of(district.get("/command/clocks", params=due), 200)["items"]
        return [item for item in items if item["matter"]["matter_no"] == case.matter_no]

    wait_for(
        lambda: [item["due_current"] for item in listed()] == [handling()["due_current"]],
        within_s=30,
        what="command to hear of the clock",
    )
    case.take(unit, "feedback", note="已完成", files=[evidence(unit)])
    assert handling()["outcome"] == "met"
    wait_for(lambda: not listed(), within_s=30, what="command to hear that it is done")


def test_a_trivial_matter_is_closed_on_the_spot_with_photos(
    people: dict[str, httpx.Client],
) -> None:
    member, district = people["member"], people["district"]
    case = Case(member)

    done = {"note": "已移开共享单车", "files": [evidence(member)]}
    assert case.refused(member, "self-handle", **done) == "no_photo_before"
    assert case.refused(district, "self-handle", **done) == "not_the_reporter"
    before = evidence(member)
    case.take(member, "self-handle", before=[before], **done)

    assert case.shown["state"] == "self_handled"
    assert case.shown["steps"][-1]["before"] == [before]
    # Whoever may see the incident sees the photo of before.
    seen = district.get(f"/files/{before}", params={"of": case.shown["id"]})
    assert seen.status_code == 200
    entry = lines_of(district, case.matter_no, least=2)[-1]
    assert (entry["before"], entry["line"]["zh"]) == ([before], "上报人即办即结。")
    urgent = Case(member, severity="L2")
    assert urgent.refused(member, "self-handle", before=[before], **done) == "not_trivial"
