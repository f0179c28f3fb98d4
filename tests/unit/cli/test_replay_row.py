from typing import Any

import pytest

from deploy.cli.csv_table import Row
from deploy.cli.degrees import CellsWrong
from deploy.cli.mapping import Mapping
from deploy.cli.replay_row import Reader, Report, idempotency_key
from shared.kernel.errors import FieldError

HEADER = ["Id", "Kind", "Lon", "Lat", "When", "Street", "Anon", "Area"]
CELLS = {
    "Id": "7-1",
    "Kind": "Graffiti",
    "Lon": "-118.25",
    "Lat": "34.05",
    "When": "07/04/2017 11:05:06 PM",
    "Street": "Main St",
    "Anon": "Y",
    "Area": "44",
}
MAPPING = {
    "name": "la",
    "key": "Id",
    "location": {"lon": "Lon", "lat": "Lat"},
    "category": {"column": "Kind", "values": {"Graffiti": "06"}},
    "title": "{Kind}, {Street}",
    "description": "{{{Id}}} in  {Street}",
    "observed_at": {
        "column": "When",
        "format": "%m/%d/%Y %I:%M:%S %p",
        "zone": "America/Los_Angeles",
    },
    "anonymous": {"column": "Anon", "true_when": ["Y"]},
    "skip_when_empty": ["Lon"],
    "expected_area": {"column": "Area"},
}


def read(mapping: dict[str, Any] | None = None, **cells: str) -> Report | None:
    return reader(mapping).report_of(row(**cells))


def reader(mapping: dict[str, Any] | None = None) -> Reader:
    return Reader(Mapping.model_validate(MAPPING | (mapping or {})), HEADER)


def row(*errors: FieldError, **cells: str) -> Row:
    changed = CELLS | cells
    return Row(9, [changed[name] for name in HEADER], errors)


def body(mapping: dict[str, Any] | None = None, **cells: str) -> dict[str, Any]:
    report = read(mapping, **cells)
    assert report is not None
    return report.body


def wrong(mapping: dict[str, Any] | None = None, **cells: str) -> list[tuple[str, str]]:
    with pytest.raises(CellsWrong) as error:
        read(mapping, **cells)
    return [(one.field, one.code) for one in error.value.errors]


class TestReader:
    def test_makes_a_report_of_a_row(self) -> None:
        assert read() == Report(
            row=9,
            row_key="7-1",
            key="replay:la:7-1",
            body={
                "category": "06",
                "title": "Graffiti, Main St",
                "description": "{7-1} in Main St",
                "location": {"lon": -118.25, "lat": 34.05, "crs": "wgs84"},
                "severity": "L3",
                "source": "citizen",
                "anonymous": True,
                "accept_outside": False,
                "observed_at": "2017-07-04T23:05:06-07:00",
            },
            expected="44",
        )

    def test_makes_the_same_report_of_the_same_row_each_time(self) -> None:
        assert read() == read()

    def test_passes_over_a_row_without_what_it_needs(self) -> None:
        assert read(Lon="  ") is None

    def test_expects_nothing_where_nothing_was_recorded(self) -> None:
        report = read(Area=" ")

        assert report is not None
        assert report.expected is None

    @pytest.mark.parametrize(
        ("when", "instant"),
        [
            ("12/31/2017 12:00:00 AM", "2017-12-31T00:00:00-08:00"),
            # The hour that summer time leaves out, and the one it repeats: no row is lost for them.
            ("03/12/2017 02:30:00 AM", "2017-03-12T02:30:00-08:00"),
            ("11/05/2017 01:30:00 AM", "2017-11-05T01:30:00-07:00"),
        ],
    )
    def test_knows_the_offset_of_the_zone_at_the_time(self, when: str, instant: str) -> None:
        assert body(When=when)["observed_at"] == instant

    def test_reads_iso_times_with_their_own_offset(self) -> None:
        observed_at = {"observed_at": {"column": "When"}}

        assert body(observed_at, When="2017-07-04T23:05:06Z")["observed_at"] == (
            "2017-07-04T23:05:06+00:00"
        )
        assert wrong(observed_at, When="2017-07-04T23:05:06") == [("When", "time")]

    @pytest.mark.parametrize("when", ["", "yesterday", "13/31/2017 01:00:00 AM", "2017-07-04"])
    def test_names_a_time_it_cannot_read(self, when: str) -> None:
        assert wrong(When=when) == [("When", "time")]

    def test_leaves_the_time_out_when_the_mapping_does(self) -> None:
        assert "observed_at" not in body({"observed_at": None})

    def test_names_a_text_the_mapping_does_not_list(self) -> None:
        assert wrong(Kind="Meteorite") == [("Kind", "not_in_mapping")]
        with pytest.raises(CellsWrong, match="Meteorite"):
            read(Kind="Meteorite")

    def test_takes_the_default_for_a_text_that_is_not_listed(self) -> None:
        with_default = {"category": {"column": "Kind", "values": {"a": "01"}, "default": "15"}}

        assert body(with_default)["category"] == "15"
        assert body({"severity": "L1", "source": "hotline"})["severity"] == "L1"

    def test_tells_of_every_wrong_cell_of_a_row(self) -> None:
        assert wrong(Id="", Kind="?", Lon="x", When="?") == [
            ("Kind", "not_in_mapping"),
            ("Lon", "not_a_number"),
            ("When", "time"),
            ("Id", "empty"),
        ]

    def test_hands_on_what_was_wrong_with_reading_the_row(self) -> None:
        torn = FieldError(field="", code="malformed", zh="坏", en="torn")

        with pytest.raises(CellsWrong) as error:
            reader().report_of(row(torn))

        assert error.value.errors == (torn,)

    def test_cuts_texts_to_what_a_report_holds(self) -> None:
        long = body(Street="长" * 6000)

        assert len(long["title"]) == 200
        assert len(long["description"]) == 5000
        assert long["title"].endswith("…")

    def test_names_the_columns_of_a_title_that_comes_out_empty(self) -> None:
        assert wrong({"title": "{Street} {Area}"}, Street="", Area=" ") == [
            ("Street, Area", "empty")
        ]

    def test_reads_the_accuracy_where_a_row_has_one(self) -> None:
        location = {"location": {"lon": "Lon", "lat": "Lat", "crs": "gcj02", "accuracy_m": "Area"}}

        assert body(location)["location"] == {
            "lon": -118.25,
            "lat": 34.05,
            "crs": "gcj02",
            "accuracy_m": 44.0,
        }
        assert "accuracy_m" not in body(location, Area="")["location"]

    @pytest.mark.parametrize("cell", ["", "N", "y"])
    def test_says_no_to_a_text_that_is_no_yes(self, cell: str) -> None:
        assert body(Anon=cell)["anonymous"] is False


class TestIdempotencyKey:
    def test_holds_the_key_of_the_row(self) -> None:
        assert idempotency_key("la311", "1-870704831") == "replay:la311:1-870704831"

    @pytest.mark.parametrize("row_key", ["编号-7", "x" * 200, "a\tb", "a\nb", "a\x7fb"])
    def test_holds_its_digest_where_a_header_cannot_carry_it(self, row_key: str) -> None:
        key = idempotency_key("n" * 40, row_key)

        assert len(key) <= 128
        assert key.isascii()
        assert key.isprintable()
        assert key == idempotency_key("n" * 40, row_key)
        assert key != idempotency_key("n" * 40, row_key + "1")
