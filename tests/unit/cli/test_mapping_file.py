from pathlib import Path

import pytest

from deploy.cli.cannot_do import CannotDo
from deploy.cli.mapping_file import read_mapping
from shared.kernel.coordinates import Crs

EXAMPLE = Path(__file__).parents[3] / "deploy" / "mappings" / "la311.yaml"

SMALLEST = """\
name: other-city
key: Id
location:
  lon: X
  lat: Y
category: 06
title: "{Kind}"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "m.yaml"


def told(path: Path, text: str) -> list[str]:
    """Return the lines that tell what is wrong with a mapping, without the path."""
    path.write_text(text, "utf-8")
    with pytest.raises(CannotDo) as error:
        read_mapping(path)
    assert str(path) in error.value.zh
    assert str(path) in error.value.en
    return [line.removeprefix(f"{path}:") for line in error.value.details]


class TestReadMapping:
    def test_reads_the_example_that_ships_with_it(self) -> None:
        mapping = read_mapping(EXAMPLE).mapping

        assert mapping.name == "la311"
        assert mapping.location.crs is Crs.WGS84
        assert mapping.category.values["Electronic Waste"] == "05"
        assert mapping.category.default is None
        assert mapping.source.default == "citizen"
        assert mapping.anonymous.true_when == ["Y"]
        assert mapping.accept_outside
        assert mapping.expected_area is not None
        assert mapping.expected_area.level == "cell"

    def test_needs_no_more_than_a_name_a_key_a_place_a_category_and_a_title(
        self, path: Path
    ) -> None:
        path.write_text(SMALLEST, "utf-8")

        mapping = read_mapping(path).mapping

        assert mapping.category.default == "06"
        assert mapping.severity.default == "L3"
        assert mapping.source.default == "citizen"
        assert not mapping.anonymous.always
        assert not mapping.accept_outside

    def test_reads_a_file_with_a_byte_order_mark(self, path: Path) -> None:
        path.write_text(SMALLEST, "utf-8-sig")

        assert read_mapping(path).mapping.name == "other-city"

    @pytest.mark.parametrize("code", ["05", "08", "010", "1e3"])
    def test_keeps_a_code_as_it_is_written(self, path: Path, code: str) -> None:
        path.write_text(SMALLEST.replace("06", code), "utf-8")

        assert read_mapping(path).mapping.category.default == code

    @pytest.mark.parametrize("written", ["Y", "N", "no", "on", "2017-12-31"])
    def test_keeps_the_texts_of_cells_as_they_are_written(self, path: Path, written: str) -> None:
        path.write_text(
            SMALLEST + f"anonymous: {{column: A, true_when: [{written}]}}\n", encoding="utf-8"
        )

        assert read_mapping(path).mapping.anonymous.true_when == [written]


class TestRefusalsOfReadMapping:
    @pytest.mark.parametrize(
        ("changed", "to", "place"),
        [
            ("key: Id\n", "", "1 key:"),
            ("key: Id", "key:", "2 key:"),
            ("key: Id", "key: [Id]", "2 key:"),
            ("name: other-city", "name: 'other city'", "1 name:"),
            ("name: other-city", f"name: {'n' * 41}", "1 name:"),
            ("  lon: X\n", "", "4 location.lon:"),
            ("  lat: Y", "  lat: Y\n  latitude: Z", "6 location.latitude:"),
            ("  lat: Y", "  lat: Y\n  crs: wgs48", "6 location.crs:"),
            ("category: 06", "category: {column: Kind, values: [a]}", "6 category.values:"),
            ("category: 06", "category: {values: {a: b}}", "6 category:"),
            ("category: 06", "category: {column: Kind, values: {a: [b]}}", "6 category.values.a:"),
            ('title: "{Kind}"', 'title: "{Kind"', "7 title:"),
            ('title: "{Kind}"', 'title: "{}"', "7 title:"),
            ('title: "{Kind}"', "title: ''", "7 title.text:"),
        ],
    )
    def test_name_line_and_field(self, path: Path, changed: str, to: str, place: str) -> None:
        assert changed in SMALLEST

        [line] = told(path, SMALLEST.replace(changed, to))

        assert line.startswith(place)

    @pytest.mark.parametrize(
        ("more", "place"),
        [
            ("colour: red", "8 colour:"),
            ("accept_outside: perhaps", "8 accept_outside:"),
            ("skip_when_empty: X", "8 skip_when_empty:"),
            ("skip_when_empty:\n  - X\n  -", "10 skip_when_empty.1:"),
            ("observed_at: {column: T, format: '%d.%m.%Y'}", "8 observed_at:"),
            (
                "observed_at: {column: T, format: '%d.%m', zone: Mars/Olympus}",
                "8 observed_at.zone:",
            ),
            ("observed_at: {column: T, format: '%Q', zone: Asia/Shanghai}", "8 observed_at:"),
            (
                "observed_at:\n  column: T\n  format: '%Y %'\n  zone: Asia/Shanghai",
                "9 observed_at:",
            ),
            ("anonymous: maybe", "8 anonymous.always:"),
            ("anonymous: {column: A}", "8 anonymous:"),
            ("expected_area: {column: NC, level: ward}", "8 expected_area.level:"),
        ],
    )
    def test_name_line_and_field_of_what_may_be_left_out(
        self, path: Path, more: str, place: str
    ) -> None:
        [line] = told(path, f"{SMALLEST}{more}\n")

        assert line.startswith(place)

    def test_tell_everything_at_once_in_both_languages(self, path: Path) -> None:
        lines = told(path, "name: x\nlocation: {lon: X}\n")

        assert [line.partition(":")[0] for line in lines] == [
            "1 key",
            "2 location.lat",
            "1 category",
            "1 title",
        ]
        assert all("缺少必填字段 · Field required" in line for line in lines)

    def test_name_the_line_of_what_is_no_yaml(self, path: Path) -> None:
        [line] = told(path, "name: x\nkey: 'Id\nlocation:\n")

        assert line.startswith("4: ")
        assert "YAML" in line

    @pytest.mark.parametrize("text", ["- a\n- b\n", "only text\n"])
    def test_want_fields(self, path: Path, text: str) -> None:
        [line] = told(path, text)

        assert line.startswith("1")

    def test_name_a_field_that_occurs_twice(self, path: Path) -> None:
        [line] = told(path, SMALLEST + "location:\n  lon: A\n  lat: B\n")
        assert line.startswith("8 location:")

        [line] = told(path, SMALLEST.replace("  lat: Y", "  lat: Y\n  lon: Z"))
        assert line.startswith("6 lon:")

    def test_say_that_a_file_is_empty_missing_or_not_utf_8(
        self, path: Path, tmp_path: Path
    ) -> None:
        assert told(path, "# nothing but this\n") == []

        path.write_bytes("name: 东宝\n".encode("gb18030"))
        with pytest.raises(CannotDo, match="not UTF-8"):
            read_mapping(path)

        with pytest.raises(CannotDo, match="No such file"):
            read_mapping(tmp_path / "nowhere.yaml")


class TestCheckColumns:
    def test_names_line_and_field_of_each_column_the_table_lacks(self, path: Path) -> None:
        path.write_text(
            SMALLEST
            + 'description: "{Street} {{not a column}}"\n'
            + "skip_when_empty: [X, Gone]\n"
            + "anonymous: {column: A, true_when: [Y]}\n",
            "utf-8",
        )
        read = read_mapping(path)

        with pytest.raises(CannotDo) as error:
            read.check_columns(["Id", " X ", "Kind", "A"])

        places = [line.removeprefix(f"{path}:").split(":")[0] for line in error.value.details]
        assert places[:-1] == ["9 skip_when_empty.1", "5 location.lat", "8 description"]
        assert "Id,  X , Kind, A" in error.value.details[-1]

    def test_passes_a_table_that_has_them_all(self, path: Path) -> None:
        path.write_text(SMALLEST, "utf-8")

        read_mapping(path).check_columns(["Id", "X", "Y", "Kind", "More"])
