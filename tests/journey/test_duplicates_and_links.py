"""One heap of rubbish reported twice, merged and taken back; then it goes on in mediation, and comes back."""

from typing import Any

import httpx
import pytest

from tests.journey.test_an_incident_over_three_levels import Case, lines_of
from tests.journey.test_rights import CELL, centre_of
from tests.platform import Platform, of


@pytest.fixture
def people(platform: Platform) -> dict[str, httpx.Client]:
    return {name: platform.as_account(name) for name in ("member", "community", "district")}


def test_a_duplicate_is_found_merged_and_taken_back_and_the_matter_handed_over(
    people: dict[str, httpx.Client],
) -> None:
    member, community, district = (people[name] for name in ("member", "community", "district"))
    words = "鱼塘边倾倒淤泥引发两家争执"
    first = Case(member, category="01", title=words)
    here: Any = centre_of(member, CELL)
    asked: dict[str, Any] = {
        "category": "01",
        "text": words,
        "lon": here["lon"],
        "lat": here["lat"],
    }

    [likeliest, *_] = of(member.get("/incidents/nearby", params=asked), 200)["items"]
    assert likeliest["matter_no"] == first.matter_no
    assert (likeliest["distance_m"], likeliest["similarity"]) == (0, 1)

    second = Case(member, category="01", title=words)
    second.take(community, "merge", into=first.shown["id"])
    assert second.shown["duplicate_of"] == first.matter_no
    assert second.refused(community, "merge", into=first.shown["id"]) == "step_out_of_turn"
    assert first.refused(community, "merge", into=second.shown["id"]) == "other_ended"
    second.take(community, "unmerge", note="两件不同的事")
    assert second.shown["state"] == "reported"
    second.take(community, "attach", parent=first.shown["id"])

    for step in ("accept", "file"):
        first.take(community, step)
    to_mediation: dict[str, Any] = {"to": "mediation", "note": "邻里纠纷", "consent": True}
    assert first.refused(district, "convert", **to_mediation) == "child_open"
    second.take(community, "cancel", note="并案处理")
    first.take(district, "convert", **to_mediation)
    assert first.shown["state"] == "linked"
    first.take(district, "hand-back", note="一方不愿调解")
    assert first.shown["state"] == "filed"

    lines = [entry["line"] for entry in lines_of(district, first.matter_no, least=5)]
    assert lines[-1]["zh"] == "对方不予受理，退回原状态。"
