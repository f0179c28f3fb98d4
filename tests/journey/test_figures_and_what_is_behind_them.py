"""Somebody reads the indicators, wonders at one, and follows it to the matters it is made of."""

from typing import Any

import httpx

from tests.journey.test_an_incident_over_three_levels import Case
from tests.journey.test_rights import CELL
from tests.platform import Platform, of, wait_for


def rows_at(client: httpx.Client, address: str) -> list[dict[str, Any]]:
    """Return all rows that an address of the answer leads to, page by page."""
    rows: list[dict[str, Any]] = []
    asked: dict[str, str] = {"limit": "200"}
    path = address.removeprefix("/api/v1")
    while True:
        page = of(client.get(httpx.URL(path).copy_merge_params(asked)), 200)
        rows += page["items"]
        if page["next_cursor"] is None:
            return rows
        asked["cursor"] = page["next_cursor"]


def test_every_figure_leads_to_as_many_matters_as_it_says(platform: Platform) -> None:
    member, district = platform.as_account("member"), platform.as_account("district")
    case = Case(member, title="指标样例")
    case.take(district, "cancel", note="不属实")

    def cancelled() -> dict[str, Any]:
        asked = {"place": CELL, "period": "today"}
        found = of(district.get("/command/indicators", params=asked), 200)
        reported: dict[str, Any] = found["indicators"][0]
        return reported

    def leads_to_it() -> bool:
        rows = rows_at(district, cancelled()["rows"]["excluded"])
        return case.matter_no in [row["matter"]["matter_no"] for row in rows]

    wait_for(leads_to_it, within_s=30, what="command to hear that it was cancelled")
    year = of(district.get("/command/indicators", params={"period": "year"}), 200)
    for indicator in year["indicators"]:
        for part, address in indicator["rows"].items():
            if indicator[part] < 2000:
                assert len(rows_at(district, address)) == indicator[part], indicator["name"]
    report = of(district.get("/command/reports/detection_and_warning"), 200)
    for figure in report["indicators"]:
        rows = rows_at(district, figure["rows"]["numerator"])
        assert len(rows) == figure["numerator"], figure["name"]
    # The community's desk sees its own, and not the next one's.
    community = platform.as_account("community")
    assert of(community.get("/command/indicators"), 200)["place"]["code"] == CELL[:12]
    assert community.get("/command/indicators", params={"place": "420802001012"}).status_code == 404
