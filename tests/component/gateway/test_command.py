"""The command centre over HTTP: board, dossier, dead letters, rebuild."""

from typing import Any

import pytest

from tests.component.gateway.behind import AWAY, Toy
from tests.component.gateway.browser import Browser, of, refused, wrong_fields
from tests.component.gateway.test_incidents import asked

MATTER_NO = "P20261123-0000017"


def test_the_board_is_asked_for_with_place_and_period(member: Browser) -> None:
    params = {"place": "420802001", "period": "today"}
    assert of(member.get("/command/board", params=params), 200) == {"total": 0}
    assert asked("board") == params
    of(member.get("/command/board"), 200)
    assert asked("board") == {"place": None, "period": "7d"}


def test_the_clocks_are_asked_for_by_when_they_are_due(member: Browser) -> None:
    params = {"due_before": "2026-11-23T18:00:00+08:00", "place": "420802001", "kind": "handle"}

    assert of(member.get("/command/clocks", params=params), 200)["items"] == []

    assert Toy.asked[-1][2] == {
        "where": {
            "due_before": "2026-11-23T18:00:00+08:00",
            "place": "420802001",
            "kind": ["handle"],
        },
        "limit": 50,
        "cursor": None,
    }


@pytest.mark.parametrize(
    ("path", "period"), [("indicators", "month"), ("reports/settlement", "quarter")]
)
def test_each_figure_comes_with_the_addresses_of_its_rows(
    member: Browser, path: str, period: str
) -> None:
    found = of(member.get(f"/command/{path}"), 200)

    rate, count = found["indicators"]
    assert set(rate["rows"]) == {"numerator", "denominator", "excluded"}
    assert set(count["rows"]) == {"numerator", "excluded"}
    assert asked(Toy.asked[-1][1])["period"] == period
    for figure, place in (
        (rate, "420802001"),
        (rate["before"], "420802001"),
        (found["children"][0]["figures"]["closing_rate"], "420802001001"),
    ):
        address = figure["rows"]["numerator"].removeprefix("/api/v1")
        assert of(member.get(address), 200)["items"] == []
        rows = asked("figure_rows")
        assert (rows["figure"], rows["where"]["place"]) == ("closing_rate", place)
        assert rows["where"]["part"] == "numerator"
        assert rows["where"]["since"] < rows["where"]["until"]


def test_rows_behind_a_figure_are_asked_for_by_part_and_time(member: Browser) -> None:
    times = {"since": "2026-11-01T00:00:00+08:00", "until": "2026-11-23T08:00:00+08:00"}

    of(member.get("/command/figures/reported/rows", params=times | {"place": "420802001"}), 200)

    assert asked("figure_rows") == {
        "figure": "reported",
        "where": times | {"part": "denominator", "place": "420802001"},
        "limit": 50,
        "cursor": None,
    }
    wrong = {"since": "2026-11-01", "until": "yesterday", "part": "half"}
    assert wrong_fields(member.get("/command/figures/reported/rows", params=wrong)) == set(wrong)


def test_the_dossier_is_asked_for_by_number(member: Browser) -> None:
    assert of(member.get(f"/matters/{MATTER_NO}"), 200) == {"matter_no": MATTER_NO}
    assert wrong_fields(member.get("/matters/" + "P" * 41)) == {"matter_no"}


class TestSearch:
    def test_is_asked_for_by_page(self, member: Browser) -> None:
        params = {"q": "垃圾 桥下", "limit": 5, "cursor": "c"}
        assert of(member.get("/search", params=params), 200) == {"items": [], "next_cursor": None}
        assert asked("search") == params
        of(member.get("/search", params={"q": "垃圾"}), 200)
        assert asked("search") == {"q": "垃圾", "limit": 50, "cursor": None}

    @pytest.mark.parametrize(
        ("params", "field"),
        [
            ({}, "q"),
            ({"q": ""}, "q"),
            ({"q": "环" * 101}, "q"),
            ({"q": "x", "limit": 0}, "limit"),
            ({"q": "x", "limit": 201}, "limit"),
            ({"q": "x", "cursor": "c" * 501}, "cursor"),
        ],
    )
    def test_is_refused_when_the_question_is_wrong(
        self, member: Browser, params: dict[str, Any], field: str
    ) -> None:
        assert wrong_fields(member.get("/search", params=params)) == {field}

    def test_is_for_who_has_signed_in(self, anyone: Browser) -> None:
        refused(anyone.get("/search", params={"q": "垃圾"}), 401)


class TestDeadLetters:
    def test_are_gathered_from_every_service_newest_first(self, admin: Browser) -> None:
        body = of(admin.get("/command/deadletters"), 200)
        assert [letter["id"] for letter in body["items"]] == [
            "register:letter-of-register",
            "command:letter-of-command",
            "patrol:letter-of-patrol",
            "grid:letter-of-grid",
        ]
        assert body["next_cursor"] is None
        assert body["away"] == []

    def test_come_with_what_waits_in_the_outboxes(self, admin: Browser) -> None:
        body = of(admin.get("/command/deadletters"), 200)
        assert body["unsent"] == [
            {
                "service": "patrol",
                "event_type": "patrol.thing.done.v1",
                "events": 3,
                "unroutable": 2,
            }
        ]

    def test_name_the_services_that_do_not_answer(self, admin: Browser) -> None:
        Toy.refusals["dead_letters"] = AWAY
        body = of(admin.get("/command/deadletters"), 200)
        assert body["items"] == []
        assert body["away"] == ["grid", "patrol", "register", "command"]

    def test_are_shown_and_replayed_by_their_service(self, admin: Browser) -> None:
        shown = of(admin.get("/command/deadletters/patrol:letter-of-patrol"), 200)
        assert shown == {"id": "patrol:letter-of-patrol", "service": "patrol"}

        key = {"Idempotency-Key": "k"}
        path = "/command/deadletters/patrol:letter-of-patrol/replay"
        assert of(admin.post(path, headers=key), 200)["service"] == "patrol"
        service, method, arguments, call = Toy.asked[-1]
        assert (service, method) == ("patrol", "replay_dead_letter")
        assert arguments == {"letter_id": "letter-of-patrol"}
        assert call.command is not None
        assert call.command.key == "admin:k"

    @pytest.mark.parametrize("letter_id", ["x", "gateway:x", "patrol:", ":x", "nameko:x"])
    def test_of_no_service_are_not_there(self, admin: Browser, letter_id: str) -> None:
        refused(admin.get(f"/command/deadletters/{letter_id}"), 404)
        refused(admin.post(f"/command/deadletters/{letter_id}/replay"), 404)


def test_read_models_are_rebuilt(admin: Browser) -> None:
    assert of(admin.post("/command/rebuild"), 200) == {"events": 0}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/command/deadletters"),
        ("GET", "/command/deadletters/patrol:x"),
        ("POST", "/command/deadletters/patrol:x/replay"),
        ("POST", "/command/rebuild"),
        ("POST", "/grid/boundaries"),
    ],
)
def test_some_things_are_for_administrators(member: Browser, method: str, path: str) -> None:
    answer = member.send(method, f"/api/v1{path}")
    assert refused(answer, 403)["code"] == "not_permitted"
    assert Toy.asked == []
