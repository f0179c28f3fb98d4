from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from deploy.cli.boundary_layers import LayerOptions, layers_of
from deploy.cli.cannot_do import CannotDo
from shared.contracts.grid import BoundaryLayer

FILES = (Path("d.geojson"), Path("s.geojson"), Path("c.gpkg"))
LEVELS = ("district", "street", "cell")


def layers(**options: Sequence[str]) -> list[BoundaryLayer]:
    given: dict[str, Any] = {"level": LEVELS, "code_field": ("CODE",)} | options
    return layers_of(FILES, LayerOptions(**given), [file.name for file in FILES])


class TestLayersOf:
    def test_pairs_options_with_files_in_their_order(self) -> None:
        found = layers(code_field=("A", "B", "C"), crs=("EPSG:4326", "gcj02", "EPSG:4547"))

        assert [(one.file_name, one.level, one.code_field, one.crs) for one in found] == [
            ("d.geojson", "district", "A", "EPSG:4326"),
            ("s.geojson", "street", "B", "gcj02"),
            ("c.gpkg", "cell", "C", "EPSG:4547"),
        ]

    def test_names_files_as_they_are_uploaded_and_as_their_owner_calls_them(self) -> None:
        options = LayerOptions(level=("cell",), code_field=("C",))

        [found] = layers_of([Path("a/网格.shp")], options, ["2-网格.zip"])

        assert (found.file_id, found.file_name) == ("2-网格.zip", "网格.shp")

    def test_takes_a_single_value_for_all_files(self) -> None:
        found = layers(code_field=("CODE",), name_field=("NAME",))

        assert {(one.code_field, one.name_field) for one in found} == {("CODE", "NAME")}

    def test_leaves_out_what_is_not_given(self) -> None:
        for one in layers():
            assert {one.name_field, one.parent_field, one.layer, one.crs, one.encoding} == {None}

    def test_takes_a_hyphen_for_a_file_that_has_none(self) -> None:
        found = layers(parent_field=("-", "-", "STREET"))

        assert [one.parent_field for one in found] == [None, None, "STREET"]

    @pytest.mark.parametrize(
        ("option", "values"),
        [("name_field", ("A", "B")), ("crs", ("a", "b", "c", "d")), ("code_field", ("A", "B"))],
    )
    def test_refuses_another_number_of_values_and_says_which(
        self, option: str, values: Sequence[str]
    ) -> None:
        with pytest.raises(CannotDo) as error:
            layers(**{option: values})

        name = "--" + option.replace("_", "-")
        assert f"{name} has {len(values)} values for 3 files" in error.value.en
        assert f"{name} 给了 {len(values)} 个值，而文件有 3 个" in error.value.zh

    @pytest.mark.parametrize("values", [(), ("-",), ("A", "-", "C"), ("A", "", "C")])
    def test_refuses_a_file_without_a_code_field(self, values: Sequence[str]) -> None:
        with pytest.raises(CannotDo, match="--code-field"):
            layers(code_field=values)
