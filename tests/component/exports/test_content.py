"""What an export holds: the rows of the list, as the asker may see them, and who took them out."""

import csv
import io
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pandas
import pytest
from sqlalchemy import select

from shared.kernel.trail_check import flaws
from shared.runtime import audit
from shared.runtime.database import ServiceDatabase
from shared.runtime.tables import audit_entry
from tests.component.district import STREETS
from tests.component.exports.conftest import COUNT, FORMULA
from tests.component.exports.reading import of_xlsx, rows_of
from tests.component.gateway.browser import Browser, of, refused, wrong_fields

People = Callable[..., Browser]
FORMS = ("csv", "xlsx", "gpkg")
WITH_TEXT = {"text": "true", "reason": "案卷评查", "lang": "en"}
CLOSED = "P20261123-0000005"


def trail(database: ServiceDatabase) -> list[dict[str, Any]]:
    """Return what a chain that is whole says of exports."""
    with database.reading() as connection:
        rows = list(audit.trail(connection))
    assert list(flaws(rows)) == []
    return [row for row in rows if "export" in row["action"]]


@pytest.mark.parametrize("form", FORMS)
def test_it_holds_what_the_list_holds(as_account: People, tmp_path: Path, form: str) -> None:
    desk = as_account("desk")
    listed = of(desk.get("/incidents", params={"limit": 200}), 200)["items"]

    found = rows_of(desk.get(f"/exports/incidents.{form}", params={"lang": "en"}), tmp_path)

    assert len(found) == COUNT
    for row, item in zip(found, listed, strict=True):
        for name in ("matter_no", "state", "category", "severity", "source", "level"):
            assert row[name] == item[name]
        assert float(row["lon"]) == item["location"]["lon"]
        assert float(row["lat"]) == item["location"]["lat"]
        for level in ("district", "street", "community", "cell"):
            assert row[f"{level}_code"] == item["place"][level]["code"]
            assert row[f"{level}_name"] == item["place"][level]["name"]
        assert int(row["rework_count"]) == item["rework_count"]
        assert row["category_name"]
        when = pandas.Timestamp(row["reported_at"])
        # A workbook's times are China's and say so in their heading.
        when = when.tz_localize("Asia/Shanghai") if when.tzinfo is None else when
        assert when == pandas.Timestamp(item["reported_at"])


# Asked for one after the other: each costs a process that writes, and a platform for each would cost more.
FILTERS: list[dict[str, Any]] = [
    {"place": STREETS[1]},
    {"state": ["filed", "closed"]},
    {"category": "06", "open": "true"},
    {"reported_from": "2026-11-23T08:40:00+08:00", "reported_to": "2026-11-23T00:45:00Z"},
    {"severity": "L1"},
    {"source": "nobody"},
    {"place": "999999"},
]


@pytest.mark.parametrize("form", FORMS)
def test_it_takes_the_filters_of_the_list(as_account: People, tmp_path: Path, form: str) -> None:
    desk = as_account("desk")
    for where in FILTERS:
        listed = of(desk.get("/incidents", params=where | {"limit": 200}), 200)["items"]

        answer = desk.get(f"/exports/incidents.{form}", params=where | {"lang": "en"})

        found = [row["matter_no"] for row in rows_of(answer, tmp_path)]
        assert found == [item["matter_no"] for item in listed], where
        assert answer.headers["export-total"] == str(len(listed))


@pytest.mark.parametrize("form", FORMS)
def test_what_lies_elsewhere_or_is_closed_off_is_not_in_it(
    as_account: People, tmp_path: Path, form: str
) -> None:
    def of_account(account: str) -> list[dict[str, Any]]:
        answer = as_account(account).get(
            f"/exports/incidents.{form}", params={"lang": "en", "text": "true", "reason": "查"}
        )
        return rows_of(answer, tmp_path)

    everything, accused, street = map(of_account, ("desk", "accused", "street"))

    closed = {row["matter_no"]: int(row["closed_off"]) for row in everything}
    assert closed[CLOSED] == 1
    assert sum(closed.values()) == 1
    assert {row["matter_no"] for row in accused} == set(closed) - {CLOSED}
    assert {row["street_code"] for row in street} == {STREETS[0]}
    assert 0 < len(street) < COUNT


def test_who_may_not_export_gets_nothing(as_account: People) -> None:
    for account in ("member", "auditor"):
        for form in FORMS:
            answer = as_account(account).get(f"/exports/incidents.{form}")

            assert refused(answer, 403)["code"] == "not_permitted", (account, form)


@pytest.mark.parametrize("form", FORMS)
def test_what_people_wrote_is_there_for_a_reason_alone(
    as_account: People, tmp_path: Path, form: str
) -> None:
    justice, path = as_account("justice"), f"/exports/incidents.{form}"

    assert wrong_fields(justice.get(path, params={"text": "true"})) == {"reason"}
    assert wrong_fields(justice.get(path, params={"text": "true", "reason": " "})) == {"reason"}
    assert "title" not in rows_of(justice.get(path, params={"lang": "en"}), tmp_path)[0]
    written = rows_of(justice.get(path, params=WITH_TEXT), tmp_path)
    assert written[0]["title"] == f"第{COUNT - 1}件, “引号”\n换行"
    assert not {"contact", "reported_by", "handler"} & set(written[0])


class TestFormulas:
    def test_are_text_in_csv(self, as_account: People, tmp_path: Path) -> None:
        answer = as_account("desk").get("/exports/incidents.csv", params=WITH_TEXT)

        assert rows_of(answer, tmp_path)[-1]["title"] == f"'{FORMULA}"

    def test_are_text_in_a_workbook(self, as_account: People) -> None:
        answer = as_account("desk").get("/exports/incidents.xlsx", params=WITH_TEXT)

        assert of_xlsx(answer.content, Path())[-1]["title"] == FORMULA
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
        kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
        assert "f" not in kinds
        assert sheet._hyperlinks == []


class TestWatermark:
    WHERE = {"place": "420802", "reason": "月度通报"}  # noqa: RUF012

    def test_of_csv_is_in_every_row(self, as_account: People) -> None:
        answer = as_account("desk").get("/exports/incidents.csv", params=self.WHERE)

        assert answer.content.startswith(b"\xef\xbb\xbf")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        frame = pandas.read_csv(io.BytesIO(answer.content), dtype={"事项编号": str})
        assert len(frame) == COUNT
        assert set(frame["导出编号"]) == {answer.headers["export-id"]}
        [watermark] = set(frame["水印"])
        assert "desk@*" in watermark
        assert f"n={COUNT}" in watermark
        assert "place=420802" in watermark
        assert answer.headers["export-id"][-8:] in answer.headers["content-disposition"]

    def test_of_a_workbook_is_on_its_pages_and_a_sheet_and_in_its_properties(
        self, as_account: People
    ) -> None:
        answer = as_account("desk").get("/exports/incidents.xlsx", params=self.WHERE)

        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        told = {row[1]: row[2] for row in book.worksheets[1].iter_rows(values_only=True)}
        export_id = answer.headers["export-id"]
        assert told["export_id"] == export_id
        assert told["account"] == "desk"
        assert told["places"] == "*"
        assert told["filter"] == "place=420802"
        assert told["reason"] == "月度通报"
        assert told["rows"] == str(COUNT)
        assert export_id in str(book.worksheets[0].oddHeader.left.text)
        assert book.properties.creator == "desk"
        assert export_id in str(book.properties.description)
        assert {row["导出编号"] for row in of_xlsx(answer.content, Path())} == {export_id}

    def test_of_a_geopackage_is_a_table_and_metadata(
        self, as_account: People, tmp_path: Path
    ) -> None:
        answer = as_account("desk").get("/exports/incidents.gpkg", params=self.WHERE)

        file = tmp_path / "x.gpkg"
        file.write_bytes(answer.content)
        with closing(sqlite3.connect(file)) as package:
            told = dict(package.execute("SELECT name, value FROM export").fetchall())
            [(metadata, _)] = package.execute(
                "SELECT group_concat(metadata), count(*) FROM gpkg_metadata"
            ).fetchall()
        assert told["export_id"] == answer.headers["export-id"]
        assert told["rows"] == str(COUNT)
        assert told["filter"] == "place=420802"
        assert answer.headers["export-id"] in metadata


@pytest.mark.parametrize("form", FORMS)
def test_it_is_in_the_trail_before_and_after(
    as_account: People, database: ServiceDatabase, form: str
) -> None:
    answer = as_account("street").get(
        f"/exports/incidents.{form}", params={"category": "05", "reason": "核对"}
    )

    begun, done = trail(database)
    assert {begun["about"], done["about"]} == {answer.headers["export-id"]}
    assert {begun["account"], done["account"]} == {"street"}
    assert (begun["action"], begun["outcome"]) == ("gateway.export_incidents", "begun")
    assert begun["reason"] == "核对"
    assert begun["shown"]["where"] == {"category": "05"}
    assert (begun["shown"]["form"], begun["shown"]["with_text"]) == (form, False)
    assert done["outcome"] == "done"
    assert done["shown"]["count"] == begun["shown"]["count"] > 0


def test_what_is_closed_off_is_noted_by_patrol_too(as_account: People, patrol: Any) -> None:
    as_account("desk").get("/exports/incidents.csv")

    asked = select(audit_entry).where(audit_entry.c.action == "patrol.incidents_to_export")
    [noted] = patrol.rows("patrol", asked)
    assert (noted.account, noted.outcome, noted.about) == ("desk", "read", CLOSED)


@pytest.mark.parametrize(
    ("lang", "accepted", "heading"),
    [
        (None, "", "事项编号"),
        (None, "en", "matter_no"),
        ("zh", "en", "事项编号"),
        ("en", "zh", "matter_no"),
    ],
)
def test_headings_are_in_the_language_asked_for(
    as_account: People, lang: str | None, accepted: str, heading: str
) -> None:
    answer = as_account("desk").get(
        "/exports/incidents.csv",
        params={} if lang is None else {"lang": lang},
        headers={"Accept-Language": accepted},
    )

    first = next(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert first[0] == heading


@pytest.mark.parametrize("form", FORMS)
def test_more_rows_than_may_be_exported_are_refused(as_account: People, form: str) -> None:
    desk = as_account("desk", export_most_rows=COUNT - 1)

    assert refused(desk.get(f"/exports/incidents.{form}"), 422)["code"] == "too_many_rows"
    of_one = desk.get(f"/exports/incidents.{form}", params={"category": "05"})
    assert of_one.status_code == 200
