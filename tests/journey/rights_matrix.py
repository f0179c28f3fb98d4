"""One example of every operation, and what the rights table says each role gets for it.

The list is held against the OpenAPI document: an operation that is not in it fails the build.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import httpx

from services.gateway.routes.needs import NEEDS
from shared.kernel.rights import PERMISSIONS, Permission, Role

API = "/api/v1"
# At the root, for clients that know no other place.
STANDARDS = ("/ogc", "/open311")
NOBODYS_ID = "01975f04-0000-7000-8000-000000000000"


class Bound(Enum):
    """How an operation's answer follows from the place of the incident it is asked about."""

    NOWHERE = auto()  # it is about no incident
    BY_ID = auto()  # about one, which is there or is not
    IN_LIST = auto()  # its answer holds it, or does not
    BY_PLACE = auto()  # about the incident's community


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """How one operation is called; `{incident}` and the like stand for what the test made."""

    path: str
    bound: Bound = Bound.NOWHERE
    query: dict[str, str] = field(default_factory=dict)
    json: Any = None
    files: Any = None
    data: Any = None
    # Each role tries it at one place, the next operation at the next: it is slow, or others go the same way.
    by_turns: bool = False
    # What else than the table may refuse it, to whoever the table lets in.
    may_refuse: str | None = None


_STEP = {
    "note": "例",
    "unit": "urban-management",
    "files": ["{file}"],
    "extension": 1,
    "satisfaction": "satisfied",
    "score": 90,
    # Into itself, and a part of itself: each is refused, by whom it concerns.
    "into": "{incident}",
    "parent": "{incident}",
    "to": "mediation",
    "consent": True,
}
_STEPS = [
    "accept",
    "cancel",
    "self-handle",
    "file",
    "dispatch",
    "return",
    "redispatch",
    "arbitrate",
    "sign",
    "arrive",
    "ask-suspend",
    "ask-extend",
    "suspend",
    "resume",
    "extend",
    "refuse-delay",
    "join",
    "join-accept",
    "join-refuse",
    "join-feedback",
    "feedback",
    "check",
    "rework",
    "close",
    "evaluate",
    "reopen",
    "escalate",
    "hand-down",
    "supervise",
    "urge",
    "answer",
    "merge",
    "unmerge",
    "attach",
    "detach",
    "convert",
    "take-over",
    "hand-back",
    "conclude",
]
# Of a version there is not: they change nothing.
_STALE = {"version": 999}
_WHY = {"reason": "例"}
_SINCE, _UNTIL = "2026-11-02T08:00:00+08:00", "2026-11-09T08:00:00+08:00"
_V2 = "/open311/v2"
_POINT = {"lon": 112.2, "lat": 31.0}
_PERSON = {"account": "{new}", "name": "例", "password": "An-example-0f-a-password"}

_AT = "2026-11-23T08:00:00+08:00"
_ROUND = {
    "place": "999999",
    "title": "例",
    "officers": ["nobody-at-all"],
    "planned_from": "2199-01-01T08:00:00+08:00",
    "planned_to": "2199-01-01T09:00:00+08:00",
}
_ROUND_STEPS: dict[str, Any] = {
    "start": {},
    "finish": {},
    "cancel": {"reason": "例"},
    "track": {"sent_at": _AT, "points": [{"seq": 1, "at": _AT, **_POINT}]},
    "track/personal": {"reason": "例"},
    "checkins": {"key": "例", "location": _POINT, "at": _AT, "sent_at": _AT},
}

EXAMPLES: dict[tuple[str, str], Example] = {
    ("GET", "/incidents"): Example(
        path="/incidents", bound=Bound.IN_LIST, query={"category": "05", "limit": "200"}
    ),
    ("POST", "/incidents"): Example(
        path="/incidents", json={"category": "05", "title": "例", "location": "{location}"}
    ),
    ("GET", "/incidents/nearby"): Example(
        path="/incidents/nearby", query={"category": "05", "lon": "112.2", "lat": "31.0"}
    ),
    ("GET", "/incidents/categories"): Example(path="/incidents/categories"),
    ("GET", "/incidents/{incident_id}"): Example(path="/incidents/{incident}", bound=Bound.BY_ID),
    **{
        ("POST", f"/incidents/{{incident_id}}/{step}"): Example(
            path=f"/incidents/{{incident}}/{step}", bound=Bound.BY_ID, json=_STEP, by_turns=True
        )
        for step in _STEPS
    },
    ("POST", "/incidents/{incident_id}/personal"): Example(
        path="/incidents/{incident}/personal",
        bound=Bound.BY_ID,
        json={"reason": "例"},
        may_refuse="personal_not_yours",
    ),
    ("POST", "/incidents/by-contact"): Example(
        path="/incidents/by-contact", json={"phone": "13800000000", "reason": "例"}
    ),
    # To nobody: it opens what is open.
    ("POST", "/incidents/{incident_id}/close-off"): Example(
        path="/incidents/{incident}/close-off", bound=Bound.BY_ID, json={"reason": "例"}
    ),
    # Of no place and of nobody: they plan, walk and show nothing.
    ("POST", "/patrols"): Example(path="/patrols", json=_ROUND),
    ("GET", "/patrols"): Example(path="/patrols"),
    ("GET", "/patrols/{round_id}"): Example(path=f"/patrols/{NOBODYS_ID}"),
    **{
        ("POST", f"/patrols/{{round_id}}/{step}"): Example(
            path=f"/patrols/{NOBODYS_ID}/{step}", json=said
        )
        for step, said in _ROUND_STEPS.items()
    },
    ("GET", "/patrols/alarms"): Example(path="/patrols/alarms"),
    ("POST", "/patrols/alarms/{alarm_id}/acknowledge"): Example(
        path=f"/patrols/alarms/{NOBODYS_ID}/acknowledge"
    ),
    ("GET", "/patrols/coverage"): Example(
        path="/patrols/coverage", query={"place": "{community}", "from": _SINCE, "to": _UNTIL}
    ),
    ("GET", "/patrols/nearest"): Example(
        path="/patrols/nearest", query={key: str(value) for key, value in _POINT.items()}
    ),
    ("GET", "/rosters"): Example(path="/rosters", query={"place": "{community}", "from": _SINCE}),
    ("GET", "/rosters/gaps"): Example(path="/rosters/gaps", query={"place": "{community}"}),
    ("GET", "/rosters/absences"): Example(path="/rosters/absences"),
    # Of nobody: it records nothing.
    ("POST", "/rosters/absences"): Example(
        path="/rosters/absences",
        json={"account": "nobody-at-all", "absent_from": _AT, "absent_to": "2199-01-01T08:00:00Z"},
    ),
    ("POST", "/rosters/absences/{absence_id}/withdraw"): Example(
        path=f"/rosters/absences/{NOBODYS_ID}/withdraw"
    ),
    ("GET", "/command/board"): Example(
        path="/command/board", bound=Bound.BY_PLACE, query={"place": "{community}"}
    ),
    ("GET", "/command/indicators"): Example(
        path="/command/indicators", bound=Bound.BY_PLACE, query={"place": "{community}"}
    ),
    ("GET", "/command/reports/{mechanism}"): Example(
        path="/command/reports/settlement", bound=Bound.BY_PLACE, query={"place": "{community}"}
    ),
    ("GET", "/command/figures/{figure}/rows"): Example(
        path="/command/figures/reported/rows",
        bound=Bound.BY_PLACE,
        query={
            "place": "{community}",
            "since": "2026-01-01T00:00:00+08:00",
            "until": "2100-01-01T00:00:00+08:00",
        },
    ),
    # Whether its clocks still run depends on what was done to the incident before.
    ("GET", "/command/clocks"): Example(path="/command/clocks", query={"place": "{community}"}),
    ("GET", "/command/alerts"): Example(path="/command/alerts"),
    ("GET", "/command/alerts/precision"): Example(path="/command/alerts/precision"),
    ("GET", "/command/alerts/{alert_id}"): Example(path=f"/command/alerts/{NOBODYS_ID}"),
    **{
        ("POST", f"/command/alerts/{{alert_id}}/{decision}"): Example(
            path=f"/command/alerts/{NOBODYS_ID}/{decision}", json={"note": "例"}
        )
        for decision in ("confirm", "dismiss", "hand-over")
    },
    ("GET", "/matters/{matter_no}"): Example(path="/matters/{matter}", bound=Bound.BY_ID),
    ("GET", "/search"): Example(path="/search", bound=Bound.IN_LIST, query={"q": "{word}"}),
    ("GET", "/command/deadletters"): Example(path="/command/deadletters"),
    ("GET", "/command/deadletters/{letter_id}"): Example(path="/command/deadletters/patrol:none"),
    ("POST", "/command/deadletters/{letter_id}/replay"): Example(
        path="/command/deadletters/patrol:none/replay"
    ),
    ("POST", "/command/rebuild"): Example(path="/command/rebuild"),
    ("GET", "/stream"): Example(path="/stream"),
    ("POST", "/files"): Example(path="/files", files={"file": b"no file at all"}),
    ("GET", "/files/{file_id}"): Example(
        path="/files/{file}", bound=Bound.BY_ID, query={"of": "{incident}"}
    ),
    ("GET", "/grid/locate"): Example(
        path="/grid/locate", query={key: str(value) for key, value in _POINT.items()}
    ),
    ("POST", "/grid/locate"): Example(path="/grid/locate", json={"points": [_POINT]}),
    ("GET", "/grid/divisions"): Example(path="/grid/divisions"),
    ("GET", "/grid/cells/{code}"): Example(path="/grid/cells/{cell}"),
    ("PUT", "/grid/cells/{code}/officers"): Example(
        path="/grid/cells/none/officers", json={"officers": []}
    ),
    ("POST", "/grid/boundaries"): Example(path="/grid/boundaries", files={"files": b"nothing"}),
    ("GET", "/grid/boundaries"): Example(path="/grid/boundaries"),
    ("GET", "/grid/boundaries/{version}"): Example(path="/grid/boundaries/1"),
    ("POST", "/grid/boundaries/{version}/activate"): Example(
        path="/grid/boundaries/999/activate", json={}
    ),
    ("GET", "/grid/boundaries/{version}/impact"): Example(path="/grid/boundaries/1/impact"),
    ("GET", "/grid/boundaries/{version}/lineage"): Example(path="/grid/boundaries/1/lineage"),
    ("GET", "/grid/tiles/{version}/{z}/{x}/{y}.mvt"): Example(path="/grid/tiles/1/1/1/1.mvt"),
    ("GET", "/routing/rules"): Example(path="/routing/rules"),
    # Without a target: it drafts nothing.
    ("POST", "/routing/rules"): Example(path="/routing/rules", json={"zh": "例"}),
    ("GET", "/routing/rules/{rule_id}"): Example(path=f"/routing/rules/{NOBODYS_ID}"),
    ("PUT", "/routing/rules/{rule_id}"): Example(
        path=f"/routing/rules/{NOBODYS_ID}", json={"zh": "例"}
    ),
    **{
        ("POST", f"/routing/rules/{{rule_id}}/{act}"): Example(
            path=f"/routing/rules/{NOBODYS_ID}/{act}", json={"note": "例"}
        )
        for act in ("activate", "retire")
    },
    ("GET", "/routing/in-force"): Example(path="/routing/in-force"),
    ("POST", "/routing/dry-run"): Example(
        path="/routing/dry-run", json={"since": "2026-11-01T00:00:00+08:00"}
    ),
    ("GET", "/routing/findings"): Example(path="/routing/findings"),
    ("POST", "/routing/findings/{finding_id}/acknowledge"): Example(
        path=f"/routing/findings/{NOBODYS_ID}/acknowledge"
    ),
    ("GET", "/routing/departments"): Example(path="/routing/departments"),
    ("PUT", "/routing/departments/{code}"): Example(
        path="/routing/departments/none", json={"zh": "例"}
    ),
    ("GET", "/clocks/rules"): Example(path="/clocks/rules"),
    ("POST", "/clocks/compute"): Example(
        path="/clocks/compute", json={"rule": "petition.forward", "from": "2026-02-10"}
    ),
    ("GET", "/catalogue"): Example(path="/catalogue"),
    ("GET", "/catalogue/{version}"): Example(path="/catalogue/1"),
    # Without a category: it changes nothing.
    ("POST", "/catalogue"): Example(path="/catalogue", json={"source": "例"}),
    ("POST", "/catalogue/{version}/activate"): Example(path="/catalogue/999/activate", json={}),
    ("GET", "/calendar/{year}"): Example(path="/calendar/2026"),
    # Without a day off: it changes nothing.
    ("PUT", "/calendar/{year}"): Example(path="/calendar/2026", json={"source": "例"}),
    ("POST", "/register/records"): Example(
        path="/register/records",
        json={"kind": "house", "type": "other", "name": "例", "location": "{location}"},
    ),
    ("GET", "/register/records"): Example(path="/register/records", query={"kind": "house"}),
    ("POST", "/register/records/find"): Example(
        path="/register/records/find", json=_WHY | {"phone": "13800000000"}
    ),
    ("GET", "/register/records/{record_id}"): Example(
        path="/register/records/{record}", bound=Bound.BY_ID
    ),
    ("PUT", "/register/records/{record_id}"): Example(
        path="/register/records/{record}", bound=Bound.BY_ID, json=_STALE
    ),
    ("POST", "/register/records/{record_id}/move"): Example(
        path="/register/records/{record}/move",
        bound=Bound.BY_ID,
        json=_STALE | {"location": "{location}"},
    ),
    ("POST", "/register/records/{record_id}/leave"): Example(
        path="/register/records/{record}/leave", bound=Bound.BY_ID, json=_STALE | {"how": "ceased"}
    ),
    ("GET", "/register/records/{record_id}/doubles"): Example(
        path="/register/records/{record}/doubles", bound=Bound.BY_ID
    ),
    # The other one is nobody's, so both are answered as if they were nowhere.
    ("POST", "/register/records/{record_id}/merge"): Example(
        path="/register/records/{record}/merge",
        json=_STALE | {"into": NOBODYS_ID, "into_version": 1},
    ),
    ("POST", "/register/records/{record_id}/personal"): Example(
        path="/register/records/{record}/personal", bound=Bound.BY_ID, json=_WHY
    ),
    ("POST", "/register/records/{record_id}/fenced"): Example(
        path="/register/records/{record}/fenced", bound=Bound.BY_ID, json=_WHY
    ),
    ("PUT", "/register/records/{record_id}/attention"): Example(
        path="/register/records/{record}/attention",
        bound=Bound.BY_ID,
        json=_WHY | _STALE | {"attention": []},
    ),
    ("POST", "/register/people/attention"): Example(
        path="/register/people/attention",
        json=_WHY | {"place": "{community}", "attention": "released"},
    ),
    ("POST", "/register/relations"): Example(
        path="/register/relations",
        json={"kind": "responsible", "account": "member", "to": NOBODYS_ID},
    ),
    ("POST", "/register/relations/{relation_id}/end"): Example(
        path=f"/register/relations/{NOBODYS_ID}/end"
    ),
    # Without a kind: it sends nothing.
    ("POST", "/register/imports"): Example(path="/register/imports", files={"file": b"a"}),
    **{
        (method, f"/register/imports/{{import_id}}{what}"): Example(
            path=f"/register/imports/{NOBODYS_ID}{what}"
        )
        for method, what in (
            ("GET", ""),
            ("GET", "/errors"),
            ("POST", "/confirm"),
            ("POST", "/cancel"),
        )
    },
    ("GET", "/register/kinds"): Example(path="/register/kinds"),
    ("GET", "/register/counts"): Example(path="/register/counts"),
    ("GET", "/me"): Example(path="/me"),
    ("GET", "/rights/roles"): Example(path="/rights/roles"),
    ("GET", "/accounts"): Example(path="/accounts"),
    ("POST", "/accounts"): Example(path="/accounts", json=_PERSON),
    ("GET", "/accounts/{account}"): Example(path="/accounts/member"),
    ("POST", "/accounts/{account}/rights"): Example(
        path="/accounts/nobody-at-all/rights", json={"rights": [{"role": "mediator"}]}
    ),
    ("POST", "/accounts/{account}/rights/{right_id}/end"): Example(
        path=f"/accounts/nobody-at-all/rights/{NOBODYS_ID}/end"
    ),
    ("POST", "/accounts/{account}/close"): Example(path="/accounts/nobody-at-all/close"),
    ("POST", "/accounts/{account}/open"): Example(path="/accounts/nobody-at-all/open"),
    ("PUT", "/accounts/{account}/password"): Example(
        path="/accounts/nobody-at-all/password", json={"password": "An-example-0f-a-password"}
    ),
    # Without a body: a wrong password or code would be counted.
    ("POST", "/auth/password"): Example(path="/auth/password", json={}),
    ("POST", "/auth/totp"): Example(path="/auth/totp", json={}),
    ("POST", "/auth/totp/confirm"): Example(path="/auth/totp/confirm", json={}),
    ("POST", "/auth/totp/remove"): Example(path="/auth/totp/remove", json={}),
    ("GET", "/auth/sessions"): Example(path="/auth/sessions"),
    ("POST", "/auth/sessions/{sign_in_id}/end"): Example(path=f"/auth/sessions/{NOBODYS_ID}/end"),
    # The place keeps the files small, so that they are the answer.
    **{
        ("GET", f"/exports/incidents.{form}"): Example(
            path=f"/exports/incidents.{form}",
            bound=Bound.IN_LIST,
            query={"place": "{community}", "lang": "en", "text": "true", "reason": "例"},
            by_turns=form != "csv",
        )
        for form in ("csv", "xlsx", "gpkg")
    },
    ("GET", "/exports/jobs/{export_id}"): Example(path=f"/exports/jobs/{NOBODYS_ID}"),
    ("GET", "/exports/jobs/{export_id}/file"): Example(path=f"/exports/jobs/{NOBODYS_ID}/file"),
    ("DELETE", "/exports/jobs/{export_id}"): Example(path=f"/exports/jobs/{NOBODYS_ID}"),
    ("GET", "/ogc/collections"): Example(path="/ogc/collections"),
    ("GET", "/ogc/collections/{collection_id}"): Example(path="/ogc/collections/cells"),
    ("GET", "/ogc/collections/cells/items"): Example(
        path="/ogc/collections/cells/items", query={"limit": "1"}
    ),
    ("GET", "/ogc/collections/cells/items/{code}"): Example(
        path="/ogc/collections/cells/items/{cell}"
    ),
    ("GET", "/ogc/collections/incidents/items"): Example(
        path="/ogc/collections/incidents/items",
        bound=Bound.IN_LIST,
        query={"place": "{community}", "limit": "200"},
    ),
    ("GET", "/ogc/collections/incidents/items/{incident_id}"): Example(
        path="/ogc/collections/incidents/items/{incident}", bound=Bound.BY_ID
    ),
    **{
        operation: example
        for form in ("json", "xml")
        for operation, example in {
            ("GET", f"{_V2}/services.{form}"): Example(path=f"{_V2}/services.{form}"),
            ("GET", f"{_V2}/services/{{service_code}}.{form}"): Example(
                path=f"{_V2}/services/05.{form}"
            ),
            ("GET", f"{_V2}/requests.{form}"): Example(
                path=f"{_V2}/requests.{form}",
                bound=Bound.IN_LIST,
                query={"service_code": "05"},
            ),
            # Without a point: it reports nothing.
            ("POST", f"{_V2}/requests.{form}"): Example(
                path=f"{_V2}/requests.{form}", data={"service_code": "05"}
            ),
            ("GET", f"{_V2}/requests/{{service_request_id}}.{form}"): Example(
                path=f"{_V2}/requests/{{matter}}.{form}", bound=Bound.BY_ID
            ),
            ("GET", f"{_V2}/tokens/{{token}}.{form}"): Example(
                path=f"{_V2}/tokens/{{matter}}.{form}", bound=Bound.BY_ID
            ),
        }.items()
    },
    ("GET", "/audit"): Example(path="/audit", query={"service": "patrol"}),
    ("GET", "/audit/anchors"): Example(path="/audit/anchors"),
    # The last: it ends the sign-in of whoever is asked for.
    ("POST", "/auth/logout"): Example(path="/auth/logout"),
}
# Whoever can be anybody asks these.
OPEN_TO_ALL = {
    ("POST", "/auth/token"),
    ("GET", "/auth/oidc/start"),
    ("GET", "/auth/oidc/callback"),
    ("GET", "/ogc"),
    ("GET", "/ogc/conformance"),
    ("GET", "/ogc/api"),
    ("GET", "/open311/discovery.json"),
    ("GET", "/open311/discovery.xml"),
}


def operations(document: dict[str, Any]) -> Iterator[tuple[tuple[str, str], list[str] | None]]:
    """Yield every operation of the interfaces, with the permissions that the document names."""
    for path, methods in document["paths"].items():
        if path.startswith((API, *STANDARDS)):
            for method, operation in methods.items():
                yield (method.upper(), path.removeprefix(API)), operation.get(NEEDS)


def may(role: Role, needed: list[str]) -> bool:
    """Tell what the rights table says."""
    return not PERMISSIONS[role].isdisjoint(map(Permission, needed))


def send(client: httpx.Client, method: str, example: Example, made: dict[str, Any]) -> Any:
    """Call the operation, with what was made in place of the names."""
    asked = {
        "params": _filled(example.query, made),
        "json": _filled(example.json, made),
        "files": example.files,
        "data": example.data,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    path = str(_filled(example.path, made))
    at_root = path.startswith(STANDARDS)
    return client.request(method, client.base_url.join(path) if at_root else path, **given)


def _filled(value: Any, made: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(item, made) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, made) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith("{") and value.endswith("}") and value[1:-1] in made:
        return made[value[1:-1]]
    for name, item in made.items():
        value = value.replace(f"{{{name}}}", str(item))
    return value
