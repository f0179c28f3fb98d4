"""The State Council publishes a year: a clerk's provisional deadline becomes final, in every service alike."""

from typing import Any

import httpx

from tests.builders.calendar import a_notice, as_json
from tests.platform import Platform, of, wait_for

CROSSING = {"rule": "open_information.answer", "from": "2026-12-15", "extension": 20}


def counted(clerk: httpx.Client, **asked: Any) -> dict[str, Any]:
    answer: dict[str, Any] = of(clerk.post("/clocks/compute", json=asked), 200)
    return answer


def test_a_provisional_deadline_becomes_final(own_platform: Platform) -> None:
    admin = own_platform.as_account("admin")
    clerk = own_platform.as_account("petition")
    rules = of(clerk.get("/clocks/rules", params={"on": "2026-12-15"}), 200)["items"]
    assert "open_information.answer" in {rule["id"] for rule in rules}
    assert of(clerk.get("/calendar/2027"), 404)["code"] == "calendar_not_published"
    provisional = counted(clerk, **CROSSING)
    assert provisional["provisional"]
    assert "尚未公布" in provisional["explanation"]["zh"]

    body = as_json(a_notice())
    assert of(clerk.put("/calendar/2027", json=body), 403)["code"] == "not_permitted"
    assert of(admin.put("/calendar/2027", json=body), 200)["version"] == 2
    wrong = body | {"makeup_days": ["2027-02-22"]}
    refused = of(admin.put("/calendar/2027", json=wrong), 422)
    assert {error["field"] for error in refused["errors"]} == {"makeup_days.0"}

    final = counted(clerk, **CROSSING)
    assert not final["provisional"]
    assert final["calendar_version"] == "2026:1,2027:2"
    assert final["due"] > provisional["due"]
    of_2027 = of(clerk.get("/calendar/2027"), 200)
    assert (of_2027["version"], of_2027["statutory_days_worked"]) == (2, [])
    for service in ("patrol", "command", "grid"):
        wait_for(
            lambda service=service: own_platform.ask(  # type: ignore[misc]
                service, "SELECT count(*) FROM calendar_copy WHERE year = 2027 AND version = 2"
            ),
            within_s=30,
            what=f"{service} to follow",
        )
    trail = of(
        own_platform.as_account("auditor").get(
            "/audit", params={"service": "grid", "action": "grid.set_calendar"}
        ),
        200,
    )["items"]
    # The last is noted at the edge, where it was refused, and the wrong one in grid's own trail.
    assert [entry["outcome"] for entry in trail][-1:] == ["done"]


def test_the_vectors_hold_over_http(platform: Platform) -> None:
    clerk = platform.as_account("mediator")
    for asked, due in (
        ({"rule": "petition.forward", "from": "2026-02-10"}, "2026-02-25"),
        ({"from": "2026-02-12", "amount": 5, "unit": "working_day"}, "2026-02-26"),
        (
            {"from": "2026-08-02", "amount": 60, "unit": "calendar_day", "roll_forward": True},
            "2026-10-08",
        ),
        (
            {"from": "2026-10-15", "amount": 7, "unit": "working_day", "direction": "backward"},
            "2026-09-30",
        ),
        (
            {"from": "2026-11-27T16:30:00+08:00", "amount": 2, "unit": "working_hour"},
            "2026-11-30T09:30:00+08:00",
        ),
    ):
        assert counted(clerk, **asked)["due"] == due
