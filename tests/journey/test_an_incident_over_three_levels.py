"""An incident that does not go smoothly: returned, decided on, passed up and down, handled by several, begun anew."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from shared.kernel.rights import Role
from tests.journey.test_illegal_dumping_from_report_to_closure import photo
from tests.journey.test_rights import CELL, GIVEN, centre_of, signed_in
from tests.platform import Platform, of, wait_for


class Case:
    """One incident, and the steps people take with it."""

    def __init__(self, reporter: httpx.Client, **changed: Any) -> None:
        body = {"category": "05", "title": "路边积水", "location": centre_of(reporter, CELL)}
        self.shown: dict[str, Any] = of(reporter.post("/incidents", json=body | changed), 201)

    @property
    def matter_no(self) -> str:
        return str(self.shown["matter_no"])

    @property
    def desk_name(self) -> str:
        return str(self.shown["place"]["street"]["name"])

    def take(self, client: httpx.Client, step: str, **order: Any) -> dict[str, Any]:
        path = f"/incidents/{self.shown['id']}/{step}"
        self.shown = of(client.post(path, json=order), 200)
        return self.shown

    def refused(self, client: httpx.Client, step: str, **order: Any) -> str:
        """Return the code with which the step is refused as out of rule, and see that it says why."""
        problem = of(client.post(f"/incidents/{self.shown['id']}/{step}", json=order), 409)
        assert problem["detail"]
        return str(problem["code"])


def ids(answer: httpx.Response) -> list[str]:
    return [item["id"] for item in of(answer, 200)["items"]]


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
def water_works(platform: Platform) -> Iterator[httpx.Client]:
    """Give somebody of a department that no example account is of."""
    order = {
        "account": "water-works",
        "name": "水务（示例）",
        "password": GIVEN,
        "unit": "water",
        "rights": [{"role": Role.DEPARTMENT_USER, "place": CELL[:6]}],
    }
    of(platform.as_account("security").post("/accounts", json=order), 201)
    with signed_in(platform, "water-works") as client:
        yield client


@pytest.fixture
def people(platform: Platform) -> dict[str, httpx.Client]:
    names = ("member", "community", "street", "district", "department", "enforcement")
    return {name: platform.as_account(name) for name in names}


def test_a_whole_incident_over_three_levels(
    people: dict[str, httpx.Client], water_works: httpx.Client
) -> None:
    """Return, arbitration, escalation, joint handling, supervision, rework, evaluation; and once more."""
    member, lead, beside = people["member"], people["enforcement"], water_works
    community, street, district = (people[name] for name in ("community", "street", "district"))
    case = Case(member)

    case.take(community, "accept")
    case.take(community, "file")
    case.take(community, "dispatch", unit="urban-management")
    case.take(lead, "return", note="不属本单位")
    case.take(community, "arbitrate", unit="urban-management", note="按权责清单属城管")
    case.take(lead, "return", note="仍有异议")
    assert case.refused(community, "redispatch", unit="urban-management") == "arbitration_needed"
    again = {"unit": "urban-management", "note": "再裁"}
    assert case.refused(community, "arbitrate", **again) == "arbitrated_at_this_level"
    case.take(community, "escalate", note="本级已裁定，报街道")
    assert case.shown["desk"] == {"level": "street", "code": CELL[:9], "name": case.desk_name}
    assert case.refused(community, "hand-down", note="拿回") == "held_above"
    case.take(street, "arbitrate", unit="urban-management", note="由城管牵头、水务协办")
    assert case.refused(lead, "return", note="第三次") == "return_limit_reached"

    case.take(street, "join", unit="water")
    case.take(street, "join", unit="ecology")
    assert case.refused(lead, "join-accept", unit="ecology") == "answers_for_another_unit"
    case.take(street, "join-refuse", unit="ecology", note="电话答复：不属职责")
    case.take(beside, "join-accept")
    case.take(lead, "sign")
    case.take(district, "supervise", note="群众多次反映，请报进展")
    case.take(community, "urge", note="又下雨了")
    result = {"note": "已疏通", "files": [evidence(lead)]}
    assert case.refused(lead, "feedback", **result) == "joint_units_outstanding"
    case.take(beside, "join-feedback", note="已清运淤泥", files=[evidence(beside)])
    case.take(lead, "answer", note="今日完成")
    case.take(street, "escalate", note="跨街道管网，报区")
    case.take(lead, "feedback", **result)
    case.take(district, "rework", note="仍有积水")
    case.take(lead, "feedback", note="再次疏通", files=[evidence(lead)])
    case.take(district, "check")
    assert case.refused(street, "close") == "held_above"
    case.take(district, "hand-down", note="由街道办结")
    case.take(street, "close")
    thought = {"satisfaction": "basically_satisfied", "score": 80}
    case.take(street, "evaluate", **thought)
    assert case.refused(street, "evaluate", **thought) == "step_out_of_turn"

    shown = case.shown
    assert {name: shown[name] for name in ("state", "rework_count", "satisfaction", "score")} == {
        "state": "evaluated",
        "rework_count": 1,
        **thought,
    }
    assert {each["unit"]: each["answer"] for each in shown["joint"]} == {
        "water": "done",
        "ecology": "refused",
    }
    supervised, urged = shown["supervisions"]
    assert (supervised["level"], supervised["by"]) == ("district", "district")
    assert supervised["reason"] == "群众多次反映，请报进展"
    assert supervised["due_at"] is not None
    assert (urged["level"], urged["kind"]) == ("community", "urge")
    for record in (supervised, urged):
        assert record["answer"]["note"] == "今日完成"
    held = {"place": CELL, "level": "street", "state": "evaluated"}
    assert shown["id"] in ids(district.get("/incidents", params=held))
    assert shown["id"] not in ids(district.get("/incidents", params=held | {"level": "district"}))

    reopened = case.take(street, "reopen", note="雨后又积水")
    assert (reopened["state"], reopened["reopen_count"]) == ("filed", 1)
    assert (reopened["satisfaction"], reopened["joint"]) == (None, [])
    entries = lines_of(district, case.matter_no, least=len(reopened["steps"]) + 1)
    lines = [entry["line"]["zh"] for entry in entries]
    assert "裁定由 urban-management 承办。" in lines
    assert "升级，现由区指挥中心掌握。" in lines
    assert "water 接受协办。" in lines
    assert "综合评价：基本满意。" in lines
    assert entries[-1]["line"] == {"zh": "重新打开。", "en": "Opened again."}


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
    assert case.refused(district, "suspend", note="同意") == "suspension_not_asked"
    case.take(unit, "ask-suspend", **grounds)
    assert case.refused(district, "suspend", note="同意") == "ground_not_permitted"
    case.take(district, "refuse-delay", note="事由不合规定")
    case.take(unit, "ask-suspend", note="等待专业检测")
    case.take(district, "suspend", note="同意")
    assert (handling()["suspended"], handling()["due_current"]) == (True, None)
    case.take(unit, "resume")
    assert handling()["due_current"] >= first
    case.take(district, "ask-extend", note="工程量大", extension=6)
    assert case.refused(district, "extend", note="同意") == "approves_own_request"
    case.take(people["community"], "extend", note="同意")
    assert handling()["extended_by"] == 6
    assert handling()["due_current"] > handling()["due_original"] == first
    case.take(unit, "ask-extend", note="再延", extension=1)
    assert case.refused(district, "extend", note="同意") == "extended_before"

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
