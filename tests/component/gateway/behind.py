"""What the tests know of the small services behind the edge: what they were asked, what they refuse.

The services run in the process of the tests, or in another one (`far.py`) when the edge of these
tests is native: then they stand on the broker that `EDGE_TEST_BROKER` names.
"""

import os
from collections.abc import MutableMapping, MutableSequence
from typing import Any, ClassVar

from shared.kernel.errors import Forbidden, Refusal, RuleBroken
from shared.runtime.call import Call
from shared.runtime.rpc_protocol import service_away
from tests.component.gateway.far import FarAsked, FarEntries, FarRefusals, Memory

BROKER = os.environ.get("EDGE_TEST_BROKER")

Asked = tuple[str, str, dict[str, Any], Call]


class Toy:
    """The small services: what they were asked and by whom, what they refuse, how long they take."""

    asked: ClassVar[MutableSequence[Asked]] = []
    refusals: ClassVar[MutableMapping[str, Refusal]] = {}
    # Seconds that a method takes.
    delays: ClassVar[MutableMapping[str, float]] = {}
    # The log of the live stream; tests append to it.
    entries: ClassVar[MutableSequence[dict[str, Any]]] = []


if BROKER is not None:
    memory = Memory(BROKER)
    Toy.asked, Toy.refusals = FarAsked(memory), FarRefusals(memory)
    Toy.entries = FarEntries(memory)


IMPORT = "01938c5e-0000-7000-8000-000000000009"
PLACE = {
    "status": "inside",
    "distance_m": 0,
    "cell": {"code": "420802001001001", "name": "一网格"},
    "community": {"code": "420802001001", "name": "一社区"},
    "street": {"code": "420802001", "name": "一街道"},
    "district": {"code": "420802", "name": "东宝区"},
    "boundary_version": 1,
}
RULE_BROKEN = RuleBroken(code="wrong_state", zh="状态不对", en="wrong state")
FORBIDDEN = Forbidden(code="not_yours", zh="不是您的", en="not yours")
AWAY = service_away("grid")

# So many incidents there are to export, five pages of them.
TO_EXPORT = 1_000


def incident_to_export(number: int) -> dict[str, Any]:
    return {
        "matter_no": f"P20261123-{number:07}",
        "state": "filed",
        "category": "05",
        "severity": "L1",
        "source": "citizen",
        "level": "community",
        "title": "=1+1",
        "description": "",
        "place": PLACE,
        "location": {"lon": 112.2, "lat": 31.05},
        "observed_at": None,
        "reported_at": "2026-11-23T00:30:00Z",
        "updated_at": "2026-11-23T00:30:00Z",
        "files": [],
        "unit": None,
        "rework_count": 0,
        "return_count": 0,
        "duplicate_of": None,
        "closed_off": False,
    }


FEATURE_ID = "01938c5e-0000-7000-8000-000000000001"


def page_of_features(cursor: str | None, feature_id: str) -> dict[str, Any]:
    """Return the first of two pages, or the last."""
    feature: dict[str, Any] = {"type": "Feature", "id": feature_id, "geometry": None}
    return {"features": [feature], "next_cursor": "on" if cursor is None else None}


CATEGORIES = [
    {"code": "05", "zh": "环境", "en": "environment", "owner": "ecology", "sensitivity": "none"},
    {"code": "09", "zh": "特殊人群", "en": "groups", "owner": "police", "sensitivity": "strict"},
]
SERVICE_REQUEST = {
    "matter_no": "P20261123-0000007",
    "category": "05",
    "state": "handling",
    "is_open": True,
    "unit": "ecology",
    "lon": 112.2,
    "lat": 31.05,
    "community_name": "一社区",
    "cell_name": None,
    "reported_at": "2026-11-23T08:30:00+08:00",
    "updated_at": "2026-11-23T09:30:00+08:00",
    "description": "有人 <倾倒> & 渣土\x0b",
}
