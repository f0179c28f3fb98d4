"""An incident as Open311 shows it to others, and a category as a service (GeoReport v2)."""

from collections.abc import Mapping
from typing import Any

from services.gateway.domain.export import Language

# Where it stands, in words that anybody may read; what people noted may name somebody.
NOTES = {
    "reported": ("已上报，待受理", "reported, not yet looked at"),
    "accepted": ("已受理", "accepted"),
    "cancelled": ("未予立案", "not pursued"),
    "filed": ("已立案", "filed"),
    "dispatched": ("已派遣", "sent to a department"),
    "returned": ("重新分派中", "to be sent to another department"),
    "handling": ("处置中", "being dealt with"),
    "suspended": ("暂缓处置", "suspended"),
    "feedback": ("已处置，待核查", "dealt with, to be checked"),
    "checked": ("已核查", "checked"),
    "linked": ("已转其他程序办理", "goes on in another procedure"),
    "self_handled": ("已当场办结", "put right on the spot"),
    "closed": ("已结案", "closed"),
    "evaluated": ("已结案", "closed"),
}


def is_public(category: Mapping[str, Any]) -> bool:
    """Tell whether others may report and see what is of this category: it is not about persons."""
    return bool(category["sensitivity"] == "none")


def service_of(category: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Return a category as a service."""
    return {
        "service_code": category["code"],
        "service_name": category[language],
        "description": f"{category['zh']} · {category['en']}",
        "metadata": False,
        "type": "realtime",
        "keywords": category["en"],
        "group": category["owner"],
    }


def request_of(
    item: Mapping[str, Any], names: Mapping[str, str], language: Language
) -> dict[str, Any]:
    """Return an incident as a service request; `names` are those of services by their codes."""
    zh, en = NOTES.get(item["state"], ("", ""))
    place = (item["community_name"], item["cell_name"])
    return {
        "service_request_id": item["matter_no"],
        "status": "open" if item["is_open"] else "closed",
        "status_notes": zh if language == "zh" else en,
        "service_name": names.get(item["category"]),
        "service_code": item["category"],
        "description": item["description"],
        "agency_responsible": item["unit"],
        "service_notice": None,
        "requested_datetime": item["reported_at"],
        "updated_datetime": item["updated_at"],
        "expected_datetime": None,
        "address": " ".join(name for name in place if name) or None,
        "address_id": None,
        "zipcode": None,
        "lat": item["lat"],
        "long": item["lon"],
        "media_url": None,
    }
