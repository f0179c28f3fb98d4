"""An auditor reads the trails, nobody else does, and the edge's own is kept by another service."""

from collections.abc import Callable
from typing import Any

import pytest

from services.gateway.service import Gateway
from services.gateway.wiring import create_account
from shared.kernel.errors import Unavailable
from shared.kernel.rights import Role
from shared.runtime import anchors, audit
from shared.runtime.database import ServiceDatabase
from tests.component.gateway.behind import Toy
from tests.component.gateway.browser import PASSWORD, Browser, of, refused, wrong_fields
from tests.unit.gateway.loop import run


@pytest.fixture(scope="module")
def auditor(app: Gateway, database: ServiceDatabase) -> Browser:
    create_account(database)(
        account="auditor", name="n", password=PASSWORD, roles=[Role.AUDITOR], place_code="*"
    )
    return Browser(app).as_account("auditor")


@pytest.fixture
def rows(database: ServiceDatabase) -> Callable[[], list[dict[str, Any]]]:
    """Give a way to read the edge's trail past its doors."""

    def read() -> list[dict[str, Any]]:
        with database.reading() as connection:
            return list(audit.trail(connection))

    return read


def test_an_auditor_asks_a_service_for_its_trail(auditor: Browser) -> None:
    asked = "service=patrol&account=li&action=patrol.take&at_from=2026-11-01T00:00:00Z&limit=20"

    assert of(auditor.get(f"/audit?{asked}"), 200) == {"items": [], "next_cursor": None}

    [(service, method, arguments, call)] = Toy.asked
    assert (service, method, arguments["limit"]) == ("patrol", "audit_entries", 20)
    assert arguments["where"]["account"] == "li"
    assert call.actor.account == "auditor"


def test_the_edges_own_trail_is_read_here_and_the_reading_noted(
    auditor: Browser, rows: Callable[[], list[dict[str, Any]]]
) -> None:
    first = of(auditor.get("/audit?service=gateway&limit=1&action=gateway."), 200)
    older = of(auditor.get(f"/audit?service=gateway&cursor={first['next_cursor']}"), 200)

    numbers = [item["number"] for item in [*first["items"], *older["items"]]]
    assert numbers == sorted(numbers, reverse=True)
    read, again = rows()[-2:]
    assert (read["account"], read["action"], read["outcome"]) == (
        "auditor",
        "gateway.audit_entries",
        "read",
    )
    assert read["about"] == str(first["items"][0]["number"])
    assert again["shown"]["count"] == len(older["items"])


@pytest.mark.parametrize("path", ["/audit?service=gateway", "/audit/anchors"])
@pytest.mark.parametrize("who", ["member", "admin"])
def test_nobody_else_reads_it_and_that_he_tried_is_noted(
    request: pytest.FixtureRequest,
    who: str,
    path: str,
    rows: Callable[[], list[dict[str, Any]]],
) -> None:
    somebody: Browser = request.getfixturevalue(who)

    assert refused(somebody.get(path), 403)["code"] == "not_permitted"

    assert (rows()[-1]["account"], rows()[-1]["outcome"]) == (who, "not_permitted")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("", "service"),
        ("service=other", "service"),
        ("service=grid&limit=201", "limit"),
        ("service=grid&at_from=2026-11-01", "at_from"),
        ("service=gateway&cursor=x", "cursor"),
    ],
)
def test_what_is_wrong_is_named(auditor: Browser, asked: str, field: str) -> None:
    assert wrong_fields(auditor.get(f"/audit?{asked}")) == {field}


def test_anchors_are_listed_with_who_keeps_them_and_who_is_away(auditor: Browser) -> None:
    Toy.refusals["audit_anchors"] = Unavailable(code="away", zh="不在", en="Away.")
    assert of(auditor.get("/audit/anchors"), 200)["away"] == [
        "grid",
        "patrol",
        "register",
        "command",
    ]

    Toy.refusals.clear()
    found = of(auditor.get("/audit/anchors"), 200)
    assert {anchor["kept_by"] for anchor in found["items"]} >= {
        "grid",
        "patrol",
        "register",
        "command",
    }
    assert found["away"] == []


def test_the_end_of_the_edges_trail_is_kept_by_another_service(
    auditor: Browser, app: Gateway, database: ServiceDatabase
) -> None:
    run(app.state.anchors.tell())

    [(service, method, arguments, _)] = Toy.asked
    assert (service, method) == ("command", "keep_edge_anchor")
    file = app.state.backing.settings.data / "anchors" / "gateway.jsonl"
    [anchor] = anchors.read_lines(file)
    assert (anchor.number, anchor.digest) == (arguments["number"], arguments["digest"])

    Toy.asked.clear()
    run(app.state.anchors.tell())  # not so soon again
    assert Toy.asked == []


def test_what_nobody_kept_is_due_again(app: Gateway, database: ServiceDatabase) -> None:
    settings = app.state.backing.settings
    before, settings.audit_anchor_minutes = settings.audit_anchor_minutes, 1e-9
    Toy.refusals["keep_edge_anchor"] = Unavailable(code="away", zh="不在", en="Away.")
    refused(Browser(app, "nonsense").get("/me"), 401)
    Browser(app).as_account("auditor")

    with pytest.raises(Unavailable):
        run(app.state.anchors.tell())

    with database.reading() as connection:
        assert anchors.due_anchor(connection, "gateway", settings) is not None
    settings.audit_anchor_minutes = before
