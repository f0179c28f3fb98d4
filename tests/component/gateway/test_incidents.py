"""Incidents over HTTP: what reaches patrol, and what the edge refuses before."""

import io
from typing import Any

import pytest
from PIL import Image

from shared.contracts.incident_steps import INCIDENT_STEPS
from shared.kernel.actor import Actor
from shared.kernel.rights import Role
from tests.component.gateway.behind import FORBIDDEN, RULE_BROKEN, Toy
from tests.component.gateway.browser import Browser, of, refused, wrong_fields

REPORT: dict[str, Any] = {
    "category": "05",
    "title": "路边倾倒建筑垃圾",
    "location": {"lon": 112.2, "lat": 31.05},
}
AN_ID = "01938c5e-0000-7000-8000-000000000001"


def asked(method: str) -> dict[str, Any]:
    """Return what the service was last asked."""
    return next(entry[2] for entry in reversed(Toy.asked) if entry[1] == method)


def test_a_report_reaches_patrol_whole(member: Browser) -> None:
    observed = {"observed_at": "2026-11-23T08:00:00+08:00", "severity": "L2", "anonymous": True}
    answer = member.post("/incidents", json=REPORT | observed)

    assert of(answer, 201)["id"] == "new"
    assert asked("report_incident")["report"] == {
        "category": "05",
        "title": "路边倾倒建筑垃圾",
        "location": {"lon": 112.2, "lat": 31.05, "crs": "wgs84", "accuracy_m": None},
        "description": "",
        "observed_at": "2026-11-23T08:00:00+08:00",
        "severity": "L2",
        "source": "citizen",
        "files": [],
        "anonymous": True,
        "accept_outside": False,
        "contact": None,
        "closed_to": None,
    }


def test_patrol_learns_who_asks_under_which_call(member: Browser) -> None:
    answer = member.post("/incidents", json=REPORT)
    call = Toy.asked[-1][3]
    assert call.actor == Actor.of("member", Role.GRID_MEMBER, place_code="420802001001001")
    assert call.call_id == answer.headers["x-call-id"]


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"category": None}, {"category"}),
        ({"title": ""}, {"title"}),
        ({"title": "x" * 201}, {"title"}),
        ({"title": 5}, {"title"}),
        ({"title": "a\x00b"}, {"title"}),
        ({"severity": "L5"}, {"severity"}),
        ({"location": {"lon": 112.2}}, {"location.lat"}),
        ({"location": [112.2, 31.05]}, {"location"}),
        ({"location": {"lon": "nan", "lat": "inf"}}, {"location.lon", "location.lat"}),
        ({"location": {"lon": 1, "lat": 2, "crs": "mars"}}, {"location.crs"}),
        ({"location": {"lon": 1, "lat": 2, "z": 3}}, {"location.z"}),
        ({"observed_at": "2026-11-23T08:00:00"}, {"observed_at"}),
        ({"observed_at": "0001-01-01T00:00:00+14:00"}, {"observed_at"}),
        ({"observed_at": "yesterday"}, {"observed_at"}),
        ({"severty": "L1"}, {"severty"}),
        ({"files": ["x"] * 21}, {"files"}),
        ({"files": "x"}, {"files"}),
        ({"anonymous": "perhaps"}, {"anonymous"}),
    ],
)
def test_a_wrong_report_is_refused_with_its_fields(
    member: Browser, changed: dict[str, Any], fields: set[str]
) -> None:
    assert wrong_fields(member.post("/incidents", json=REPORT | changed)) == fields
    assert not any(entry[1] == "report_incident" for entry in Toy.asked)


def test_every_missing_field_is_named(member: Browser) -> None:
    assert wrong_fields(member.post("/incidents", json={})) == {"category", "title", "location"}


def test_a_report_may_name_uploaded_files_only(member: Browser) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    kept = of(member.post("/files", files={"file": picture.getvalue()}), 201)["id"]

    report = REPORT | {"files": [kept, AN_ID, "a\x00b"]}
    assert wrong_fields(member.post("/incidents", json=report | {"files": [kept, AN_ID]})) == {
        "files.1"
    }
    assert "files.2" in wrong_fields(member.post("/incidents", json=report))
    of(member.post("/incidents", json=REPORT | {"files": [kept]}), 201)
    assert asked("report_incident")["report"]["files"] == [kept]

    assert wrong_fields(member.post(f"/incidents/{AN_ID}/feedback", json={"files": [AN_ID]})) == {
        "files.0"
    }


def test_a_list_is_asked_for_with_every_filter(member: Browser) -> None:
    answer = member.get(
        "/incidents",
        params={
            "place": "420802001",
            "state": ["reported", "filed"],
            "category": "05",
            "severity": "L1",
            "source": "citizen",
            "level": "street",
            "reported_from": "2026-11-01T00:00:00+08:00",
            "reported_to": "2026-11-23T00:00:00Z",
            "open": "true",
            "limit": 200,
            "cursor": "abc",
        },
    )
    assert of(answer, 200) == {"items": [], "next_cursor": None}
    assert asked("incidents") == {
        "where": {
            "place": "420802001",
            "state": ["reported", "filed"],
            "category": "05",
            "severity": "L1",
            "source": "citizen",
            "level": "street",
            "reported_from": "2026-11-01T00:00:00+08:00",
            "reported_to": "2026-11-23T00:00:00Z",
            "open_only": True,
        },
        "limit": 200,
        "cursor": "abc",
    }


@pytest.mark.parametrize(
    ("params", "fields"),
    [
        ({"limit": 201}, {"limit"}),
        ({"limit": 0}, {"limit"}),
        ({"limit": 10**30}, {"limit"}),
        ({"limit": "many"}, {"limit"}),
        ({"place": ""}, {"place"}),
        ({"place": "4" * 65}, {"place"}),
        ({"cursor": "x" * 501}, {"cursor"}),
        ({"reported_from": "2026-11-01"}, {"reported_from"}),
        ({"reported_to": "2026-11-01T00:00:00"}, {"reported_to"}),
        ({"open": "perhaps"}, {"open"}),
    ],
)
def test_a_wrong_filter_is_named(member: Browser, params: dict[str, Any], fields: set[str]) -> None:
    assert wrong_fields(member.get("/incidents", params=params)) == fields


def test_what_may_be_the_same_is_asked_for_by_place_words_and_time(member: Browser) -> None:
    where = {"category": "05", "lon": 112.2, "lat": 31.05, "crs": "gcj02", "text": "垃圾"}
    answer = member.get("/incidents/nearby", params=where | {"at": "2026-11-23T08:00:00+08:00"})

    assert of(answer, 200) == {"items": [], "next_cursor": None}
    assert asked("nearby_incidents")["asked"] == {
        "category": "05",
        "location": {"lon": 112.2, "lat": 31.05, "crs": "gcj02", "accuracy_m": None},
        "text": "垃圾",
        "at": "2026-11-23T08:00:00+08:00",
        "limit": 10,
    }
    assert wrong_fields(member.get("/incidents/nearby")) == {"category", "lon", "lat"}


@pytest.mark.parametrize("step", sorted(INCIDENT_STEPS))
def test_every_step_is_taken_with_a_body_or_without(desk: Browser, step: str) -> None:
    of(desk.post(f"/incidents/{AN_ID}/{step}"), 200)
    assert asked("take_step") == {
        "incident_id": AN_ID,
        "step": step,
        "order": {
            "note": "",
            "unit": None,
            "files": [],
            "duplicate_of": None,
            "before": [],
            "ground": "approved_suspension",
            "extension": None,
            "satisfaction": None,
            "score": None,
            "into": None,
            "parent": None,
            "to": None,
            "basis": "transfer",
            "consent": False,
            "their_no": None,
        },
    }
    of(desk.post(f"/incidents/{AN_ID}/{step}", json={"note": "好", "unit": "ecology"}), 200)
    assert asked("take_step")["order"]["unit"] == "ecology"


@pytest.mark.parametrize("step", ["explode", "nearby"])
def test_a_step_that_is_not_there_yet_is_no_path(member: Browser, step: str) -> None:
    assert refused(member.post(f"/incidents/{AN_ID}/{step}"), 404)["code"] == "no_such_path"


@pytest.mark.parametrize("incident_id", ["far", "1", "x" * 300, "..", AN_ID + "0"])
def test_what_can_be_no_id_is_no_path(member: Browser, incident_id: str) -> None:
    refused(member.get(f"/incidents/{incident_id}"), 404)


def test_what_patrol_refuses_is_passed_on(desk: Browser) -> None:
    Toy.refusals["take_step"] = RULE_BROKEN
    assert refused(desk.post(f"/incidents/{AN_ID}/close"), 409)["code"] == "wrong_state"
    Toy.refusals["take_step"] = FORBIDDEN
    assert refused(desk.post(f"/incidents/{AN_ID}/close"), 403)["code"] == "not_yours"


def test_categories_can_be_kept_by_the_client(member: Browser) -> None:
    first = member.get("/incidents/categories")
    assert of(first, 200)["items"][0]["code"] == "05"
    tag = first.headers["etag"]
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = member.get("/incidents/categories", headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    of(member.get("/incidents/categories", headers={"If-None-Match": '"other"'}), 200)


class TestIdempotency:
    def command(self) -> Any:
        command = Toy.asked[-1][3].command
        assert command is not None
        return command

    def send(self, member: Browser, key: str | None, report: dict[str, Any] = REPORT) -> Any:
        headers = {} if key is None else {"Idempotency-Key": key}
        of(member.post("/incidents", json=report, headers=headers), 201)
        return self.command()

    def test_a_key_belongs_to_its_account(self, member: Browser, desk: Browser) -> None:
        assert self.send(member, "my key").key == "member:my key"
        assert self.send(desk, "my key").key == "desk:my key"

    def test_the_same_body_has_the_same_fingerprint_however_it_is_written(
        self, member: Browser
    ) -> None:
        first = self.send(member, "k")
        other_order = dict(reversed(REPORT.items()))
        assert self.send(member, "k", other_order) == first

    def test_another_body_or_path_has_another(self, desk: Browser) -> None:
        first = self.send(desk, "k")
        assert self.send(desk, "k", REPORT | {"title": "x"}).fingerprint != first.fingerprint
        prints = set()
        for path in ("accept", "file"):
            of(
                desk.post(f"/incidents/{AN_ID}/{path}", headers={"Idempotency-Key": "k"}),
                200,
            )
            prints.add(self.command().fingerprint)
        assert len(prints | {first.fingerprint}) == 3

    def test_without_a_key_every_write_is_its_own(self, member: Browser) -> None:
        assert self.send(member, None).key != self.send(member, None).key

    def test_questions_carry_none(self, member: Browser) -> None:
        of(member.get("/incidents", headers={"Idempotency-Key": "k"}), 200)
        assert Toy.asked[-1][3].command is None

    def test_the_longest_key_fits_the_services_tables(self, member: Browser) -> None:
        assert len("a" * 64 + ":" + "k" * 128) <= 200
        assert self.send(member, "k" * 128).key == "member:" + "k" * 128

    @pytest.mark.parametrize("key", ["", "k" * 129, "k\x7f", "é", "\x01"])
    def test_a_key_that_is_none_is_refused(self, member: Browser, key: str) -> None:
        headers = {b"Idempotency-Key": key.encode("latin-1")}
        answer = member.post("/incidents", json=REPORT, headers=headers)
        assert wrong_fields(answer) == {"Idempotency-Key"}
