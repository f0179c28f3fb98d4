"""Exports at the edge alone: how patrol is asked, and that what hangs up or waits holds nobody up."""

import csv
import io
from typing import Any

import openpyxl
import pytest

from shared.runtime.database import ServiceDatabase
from tests.component.gateway.behind import AWAY, FORBIDDEN, TO_EXPORT, Toy
from tests.component.gateway.browser import Browser, refused, wrong_fields
from tests.component.gateway.edge_settings import EdgeSettings
from tests.component.gateway.test_incidents import asked
from tests.component.gateway.test_incidents import test_a_wrong_filter_is_named as _wrong_filters

FORMS = ("csv", "xlsx", "gpkg")
WHERE = {
    "place": "420802001",
    "state": ["reported", "filed"],
    "category": "05",
    "severity": "L1",
    "source": "citizen",
    "level": "street",
    "reported_from": "2026-11-01T00:00:00+08:00",
    "reported_to": "2026-11-23T00:00:00Z",
}


def outcomes(database: ServiceDatabase) -> list[str]:
    """Return how exports ended, as the trail has it."""
    with database.reading() as connection:
        asked = "SELECT outcome FROM audit_entry WHERE action = 'gateway.export_incidents'"
        return [row.outcome for row in connection.exec_driver_sql(f"{asked} ORDER BY number")]


@pytest.mark.parametrize("form", FORMS)
def test_patrol_is_asked_with_every_filter(desk: Browser, form: str) -> None:
    more = {"open": "true", "text": "true", "reason": "查"}
    assert desk.get(f"/exports/incidents.{form}", params=WHERE | more).status_code == 200

    where = WHERE | {"open_only": True}
    assert asked("count_to_export")["where"] == where
    pages = [entry[2] for entry in Toy.asked if entry[1] == "incidents_to_export"]
    assert [page["cursor"] for page in pages] == [None, "200", "400", "600", "800"]
    assert {page["with_text"] for page in pages} == {True}
    assert all(page["where"] == where for page in pages)
    assert {entry[3].actor.account for entry in Toy.asked} == {"desk"}


def _cases() -> list[Any]:
    [marked] = [mark for mark in _wrong_filters.pytestmark if mark.name == "parametrize"]
    return [case for case in marked.args[1] if not {"limit", "cursor"} & set(case[0])]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("params", "fields"), _cases())
def test_what_the_list_refuses_is_refused(
    desk: Browser, form: str, params: dict[str, Any], fields: set[str]
) -> None:
    assert wrong_fields(desk.get(f"/exports/incidents.{form}", params=params)) == fields


def test_a_table_and_a_workbook_are_whole(desk: Browser) -> None:
    table = desk.get("/exports/incidents.csv")
    book = desk.get("/exports/incidents.xlsx")

    assert len(list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))) == TO_EXPORT + 1
    sheet = openpyxl.load_workbook(io.BytesIO(book.content), read_only=True).worksheets[0]
    assert len(list(sheet.iter_rows())) == TO_EXPORT + 1


@pytest.mark.parametrize("form", FORMS)
def test_before_it_begins_a_refusal_of_patrol_is_told(
    desk: Browser, database: ServiceDatabase, form: str
) -> None:
    before = len(outcomes(database))
    Toy.refusals["count_to_export"] = FORBIDDEN

    assert refused(desk.get(f"/exports/incidents.{form}"), 403)["code"] == "not_yours"

    assert len(outcomes(database)) == before


def test_of_a_table_without_a_first_page_it_is_told_and_noted(
    desk: Browser, database: ServiceDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.gateway.routes.export_order._WAITS_S", ())
    Toy.refusals["incidents_to_export"] = AWAY

    assert refused(desk.get("/exports/incidents.csv"), 503)["code"] == AWAY.code

    assert outcomes(database)[-2:] == ["begun", "not_begun"]
    Toy.refusals.clear()
    # It took no turn with it.
    for _ in range(3):
        assert desk.get("/exports/incidents.csv").status_code == 200


def test_of_a_file_that_cannot_be_made_it_is_told(
    desk: Browser, database: ServiceDatabase, settings: EdgeSettings
) -> None:
    Toy.refusals["incidents_to_export"] = FORBIDDEN

    assert refused(desk.get("/exports/incidents.gpkg"), 503)["code"] == "export_failed"

    assert outcomes(database)[-2:] == ["begun", "not_yours"]
    assert list((settings.data / "exports").iterdir()) == []


def test_a_member_exports_nothing(member: Browser) -> None:
    for path in ("incidents.csv", "incidents.xlsx", "incidents.gpkg"):
        assert refused(member.get(f"/exports/{path}"), 403)["code"] == "not_permitted"
    refused(member.get("/exports/incidents.pdf"), 404)
