"""Boundary files as people send them: formats, encodings, coordinate systems, and damage."""

import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
from pyproj import Transformer
from shapely import MultiPoint, Point, Polygon, box

from services.grid.domain.area import Level
from services.grid.domain.finding import Severity
from services.grid.domain.source_layer import SourceFeature, SourceLayer
from services.grid.files.layer_file import LayerFile, read_layer
from services.grid.files.shapefile_texts import dbf_encoding
from services.grid.files.unpacking import unpack_shapefile
from shared.kernel.coordinates import Crs, from_wgs84
from shared.kernel.errors import Invalid

WEST, EAST = box(112.20, 31.05, 112.21, 31.06), box(112.21, 31.05, 112.22, 31.06)
A_MILLIMETRE = 1e-8


@pytest.fixture
def cells() -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(
        {
            "code": ["420802001013001", "420802001013002"],
            "名称": ["塔影一网格", "塔影二网格"],
            "parent": ["420802001013"] * 2,
        },
        geometry=[WEST, EAST],
        crs=4326,
    )


def source_of(path: Path, **options: Any) -> LayerFile:
    return LayerFile(
        **{"path": path, "name": path.name, "level": Level.CELL, "code_field": "code", **options}
    )


def read(path: Path, **options: Any) -> SourceLayer:
    return read_layer(source_of(path, **options))


def refusal_of(path: Path, **options: Any) -> Invalid:
    with pytest.raises(Invalid) as refusal:
        read(path, **options)
    [error] = refusal.value.errors
    assert error.field == path.name
    assert path.name in error.zh
    assert path.name in error.en
    assert str(path) not in error.en
    return refusal.value


def write_geojson(path: Path, features: list[dict[str, Any]], **members: Any) -> Path:
    text = json.dumps({"type": "FeatureCollection", "features": features, **members})
    path.write_text(text, "utf-8")
    return path


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    shape = geometry.__geo_interface__ if hasattr(geometry, "__geo_interface__") else geometry
    return {"type": "Feature", "properties": properties, "geometry": shape}


def lies_at(found: SourceFeature, outline: Polygon) -> bool:
    return found.outline is not None and bool(
        found.outline.normalize().equals_exact(outline.normalize(), A_MILLIMETRE)
    )


def zipped(folder: Path, archive: Path, stem: str = "cells", inside: str = "") -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        for path in sorted(folder.glob(f"{stem}.*")):
            members.write(path, inside + path.name)
    return archive


@pytest.fixture
def shapefile(tmp_path: Path, cells: geopandas.GeoDataFrame) -> Callable[..., Path]:
    """Return a function that writes the cells as a Shapefile and returns the .shp."""

    def write(crs: int = 4326, encoding: str = "UTF-8", stem: str = "cells") -> Path:
        path = tmp_path / "shapefile" / f"{stem}.shp"
        path.parent.mkdir(exist_ok=True)
        cells.to_crs(crs).to_file(path, encoding=encoding)
        return path

    return write


class TestReadGeoJson:
    def test_reads_codes_names_parents_and_places(
        self, tmp_path: Path, cells: geopandas.GeoDataFrame
    ) -> None:
        cells.to_file(tmp_path / "cells.geojson")

        layer = read(tmp_path / "cells.geojson", name_field="名称", parent_field="parent")

        first, second = layer.features
        assert (first.number, first.code, first.name) == (1, "420802001013001", "塔影一网格")
        assert (second.number, second.parent) == (2, "420802001013")
        assert lies_at(second, EAST)
        assert not layer.findings

    @pytest.mark.parametrize("name", ["urn:ogc:def:crs:EPSG::4546", "EPSG:4546"])
    def test_honours_the_crs_member_of_old_files(self, tmp_path: Path, name: str) -> None:
        way = Transformer.from_crs(4326, 4546, always_xy=True)
        projected = Polygon([way.transform(x, y) for x, y in WEST.exterior.coords])
        path = write_geojson(
            tmp_path / "cells.geojson",
            [feature(projected, code="1")],
            crs={"type": "name", "properties": {"name": name}},
        )

        [only] = read(path).features

        assert lies_at(only, WEST)

    @pytest.mark.parametrize("crs", ["gcj02", "BD-09"])
    def test_takes_shifted_coordinates_back_when_told(self, tmp_path: Path, crs: str) -> None:
        at = np.array(WEST.exterior.coords)
        shifted = np.column_stack(from_wgs84(at[:, 0], at[:, 1], Crs(crs.lower().replace("-", ""))))
        path = write_geojson(tmp_path / "cells.geojson", [feature(Polygon(shifted), code="1")])

        [only] = read(path, crs=crs).features

        assert lies_at(only, WEST)

    @pytest.mark.parametrize(
        ("value", "code"),
        [
            (420802001001, "420802001001"),
            (420802001001.0, "420802001001"),
            (420802001013001, "420802001013001"),
            ("420802001001.0", "420802001001"),
            ("0012", "0012"),
            ("2011/05/01", "2011/05/01"),
            ("塔影-3", "塔影-3"),
            (2.5, "2.5"),
            ("", None),
            ("  ", None),
            (None, None),
            (12345678901234567890, "1.2345678901234567e+19"),
        ],
    )
    def test_takes_codes_saved_as_text_or_number(
        self, tmp_path: Path, value: object, code: str | None
    ) -> None:
        path = write_geojson(tmp_path / "cells.geojson", [feature(WEST, code=value)])

        assert [only.code for only in read(path).features] == [code]

    def test_takes_whole_numbers_in_a_column_with_an_empty_value(self, tmp_path: Path) -> None:
        features = [feature(WEST, code=420802001013001), feature(EAST, code=None)]
        path = write_geojson(tmp_path / "cells.geojson", features)

        assert [only.code for only in read(path).features] == ["420802001013001", None]

    def test_numbers_features_as_the_file_does_whatever_their_ids(self, tmp_path: Path) -> None:
        features = [{**feature(WEST, code=str(number)), "id": number} for number in (9, 3, 3)]
        path = write_geojson(tmp_path / "cells.geojson", features)

        assert [(only.number, only.code) for only in read(path).features] == [
            (1, "9"),
            (2, "3"),
            (3, "3"),
        ]

    def test_drops_heights_and_says_so(self, tmp_path: Path) -> None:
        high = Polygon([(x, y, 80.0) for x, y in WEST.exterior.coords])
        path = write_geojson(tmp_path / "cells.geojson", [feature(high, code="1")])

        layer = read(path)

        assert layer.features[0].outline is not None
        assert not layer.features[0].outline.has_z
        [note] = layer.findings
        assert (note.kind, note.severity) == ("heights_dropped", Severity.NOTE)

    def test_leaves_points_and_missing_geometries_to_the_check(self, tmp_path: Path) -> None:
        features = [feature(Point(112, 31), code="1"), feature(None, code="2")]
        path = write_geojson(tmp_path / "cells.geojson", features)

        kinds = [only.outline and only.outline.geom_type for only in read(path).features]

        assert kinds == ["Point", None]

    def test_names_the_feature_whose_ring_is_no_ring(self, tmp_path: Path) -> None:
        broken = {"type": "Polygon", "coordinates": [[[112, 31], [112.1, 31]]]}
        path = write_geojson(
            tmp_path / "cells.geojson", [feature(WEST, code="1"), feature(broken, code="2")]
        )

        layer = read(path)

        assert [only.code for only in layer.features] == ["1"]
        [error] = [found for found in layer.findings if found.severity is Severity.ERROR]
        assert (error.kind, error.feature, error.codes) == ("geometry_unreadable", 2, ("2",))
        assert "cells.geojson, feature 2 (2)" in error.en

    def test_reads_a_file_with_a_byte_order_mark(self, tmp_path: Path) -> None:
        path = write_geojson(tmp_path / "cells.geojson", [feature(WEST, code="1")])
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

        assert len(read(path).features) == 1


class TestRefuseGeoJson:
    def test_refuses_a_truncated_file(self, tmp_path: Path) -> None:
        features = [feature(WEST, code=str(number)) for number in range(50)]
        path = write_geojson(tmp_path / "cells.geojson", features)
        path.write_bytes(path.read_bytes()[:3000])

        refusal = refusal_of(path)

        assert refusal.code == "file_unreadable"
        assert "truncated" in refusal.en
        assert "character" in refusal.en

    def test_refuses_text_in_another_encoding(self, tmp_path: Path) -> None:
        path = tmp_path / "cells.geojson"
        text = json.dumps(
            {"type": "FeatureCollection", "features": [feature(WEST, code="塔影")]},
            ensure_ascii=False,
        )
        path.write_bytes(text.encode("gbk"))

        assert refusal_of(path).code == "encoding_wrong"

    @pytest.mark.parametrize(
        "content", [b"", b"hello", b"[]", b"<OGRVRTDataSource/>", b"\xff\xfe{"]
    )
    def test_refuses_what_is_no_boundary_file(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "cells.geojson"
        path.write_bytes(content)

        assert refusal_of(path).code == "format_unknown"

    def test_refuses_an_object_that_is_no_geojson(self, tmp_path: Path) -> None:
        path = tmp_path / "cells.geojson"
        path.write_text('{"a": 1}')

        assert refusal_of(path).code == "file_unreadable"

    def test_refuses_an_empty_layer(self, tmp_path: Path) -> None:
        path = write_geojson(tmp_path / "cells.geojson", [])

        assert refusal_of(path).code == "layer_empty"

    def test_lists_the_fields_there_are(self, tmp_path: Path) -> None:
        path = write_geojson(tmp_path / "cells.geojson", [feature(WEST, dm="1", mc="塔影")])

        refusal = refusal_of(path, name_field="name")

        assert refusal.code == "field_missing"
        assert "no field code, name" in refusal.en
        assert "dm, mc" in refusal.en

    def test_asks_for_the_crs_of_projected_coordinates(self, tmp_path: Path) -> None:
        path = write_geojson(
            tmp_path / "cells.geojson",
            [feature(box(549_000, 3_436_000, 550_000, 3_437_000), code="1")],
        )

        refusal = refusal_of(path)

        assert refusal.code == "crs_wrong"
        assert "--crs" in refusal.en
        assert "EPSG:4546" in refusal.zh

    def test_asks_whether_latitude_comes_first(self, tmp_path: Path) -> None:
        swapped = box(31.05, 112.20, 31.06, 112.21)
        path = write_geojson(tmp_path / "cells.geojson", [feature(swapped, code="1")])

        assert "swapped" in refusal_of(path).en
        assert "颠倒" in refusal_of(path).zh

    def test_refuses_a_projection_that_the_coordinates_do_not_fit(self, tmp_path: Path) -> None:
        zone_37 = box(37_549_000, 3_436_000, 37_550_000, 3_437_000)
        path = write_geojson(tmp_path / "cells.geojson", [feature(zone_37, code="1")])

        assert "zone 37" in refusal_of(path, crs="EPSG:4546").en
        [only] = read(path, crs="4525").features
        assert only.outline is not None
        assert only.outline.bounds[0] == pytest.approx(111.513, abs=0.01)

    def test_refuses_an_unknown_crs(self, tmp_path: Path) -> None:
        path = write_geojson(tmp_path / "cells.geojson", [feature(WEST, code="1")])

        assert refusal_of(path, crs="EPSG:0").code == "crs_unknown"
        assert refusal_of(path, crs="EPSG:4978").code == "crs_unknown"

    def test_says_that_a_file_is_not_there(self, tmp_path: Path) -> None:
        assert refusal_of(tmp_path / "cells.geojson").code == "file_missing"


class TestReadGeoPackage:
    def test_projects_to_wgs84(self, tmp_path: Path, cells: geopandas.GeoDataFrame) -> None:
        cells.to_crs(4546).to_file(tmp_path / "cells.gpkg")

        layer = read(tmp_path / "cells.gpkg", name_field="名称")

        assert [only.name for only in layer.features] == ["塔影一网格", "塔影二网格"]
        for only, outline in zip(layer.features, (WEST, EAST), strict=True):
            assert lies_at(only, outline)
        assert not layer.findings

    def test_gives_neighbours_the_very_same_vertices(
        self, tmp_path: Path, cells: geopandas.GeoDataFrame
    ) -> None:
        cells.to_crs(4546).to_file(tmp_path / "cells.gpkg")

        west, east = (only.outline for only in read(tmp_path / "cells.gpkg").features)

        assert west is not None
        assert east is not None
        assert west.intersection(east).geom_type == "LineString"

    def test_reads_the_layer_that_is_named(
        self, tmp_path: Path, cells: geopandas.GeoDataFrame
    ) -> None:
        path = tmp_path / "upload"  # an upload keeps no suffix
        cells.to_file(tmp_path / "a.gpkg", layer="cells")
        cells[:1].to_file(tmp_path / "a.gpkg", layer="one", mode="a")
        shutil.move(tmp_path / "a.gpkg", path)

        assert len(read(path, layer="one").features) == 1
        assert "cells, one" in refusal_of(path).en
        assert "no layer “two”" in refusal_of(path, layer="two").en

    def test_asks_for_the_crs_when_there_is_none(
        self, tmp_path: Path, cells: geopandas.GeoDataFrame
    ) -> None:
        path = tmp_path / "cells.gpkg"
        with pytest.warns(UserWarning, match="crs"):
            cells.set_crs(None, allow_override=True).to_file(path)

        assert refusal_of(path).code == "crs_missing"
        assert len(read(path, crs="EPSG:4490").features) == 2

    def test_refuses_a_damaged_file(self, tmp_path: Path, cells: geopandas.GeoDataFrame) -> None:
        path = tmp_path / "cells.gpkg"
        cells.to_file(path)
        path.write_bytes(path.read_bytes()[:5000])

        assert refusal_of(path).code == "file_unreadable"

    def test_warns_of_a_datum_that_it_cannot_shift(
        self, tmp_path: Path, cells: geopandas.GeoDataFrame
    ) -> None:
        path = tmp_path / "cells.gpkg"
        cells.set_crs(4610, allow_override=True).to_file(path)

        [warning] = read(path).findings

        assert (warning.kind, warning.severity) == ("datum_shift_unknown", Severity.WARNING)
        assert "Xian 1980" in warning.en


class TestReadShapefile:
    @pytest.mark.parametrize("inside", ["", "边界/最终版/", "../../", "./", "a\\b\\"])
    def test_reads_a_zip_wherever_the_file_lies_in_it(
        self, tmp_path: Path, shapefile: Callable[..., Path], inside: str
    ) -> None:
        folder = shapefile(4546, "GBK").parent
        archive = zipped(folder, tmp_path / "cells.zip", inside=inside)

        layer = read(archive, name_field="名称")

        assert [only.name for only in layer.features] == ["塔影一网格", "塔影二网格"]
        assert lies_at(layer.features[0], WEST)

    @pytest.mark.parametrize("suffix", [".SHP", ".DBF"])
    def test_reads_suffixes_in_capitals(
        self, tmp_path: Path, shapefile: Callable[..., Path], suffix: str
    ) -> None:
        path = shapefile().with_suffix(suffix.lower())
        path.rename(path.with_suffix(suffix))

        assert len(read(zipped(path.parent, tmp_path / "cells.zip")).features) == 2

    def test_asks_for_the_companions_of_a_lone_shp(
        self, tmp_path: Path, shapefile: Callable[..., Path]
    ) -> None:
        path = tmp_path / "alone.shp"
        shapefile().rename(path)

        refusal = refusal_of(path)

        assert "lacks .shx, .dbf" in refusal.en
        assert "zip" in refusal.zh

    def test_reads_a_plain_shp(self, shapefile: Callable[..., Path]) -> None:
        assert len(read(shapefile()).features) == 2

    @pytest.mark.parametrize("cpg", [None, "UTF-8", "GBK", "936", "nonsense", "hex"])
    def test_reads_chinese_in_gbk_whatever_the_cpg_says(
        self, shapefile: Callable[..., Path], cpg: str | None
    ) -> None:
        path = shapefile(encoding="GBK")
        path.with_suffix(".cpg").unlink()
        if cpg is not None:
            path.with_suffix(".cpg").write_text(cpg)

        assert read(path, name_field="名称").features[0].name == "塔影一网格"

    @pytest.mark.parametrize("cpg", ["", "UTF-8", "65001", "ISO-8859-1"])
    def test_reads_chinese_in_utf8(self, shapefile: Callable[..., Path], cpg: str) -> None:
        path = shapefile()
        path.with_suffix(".cpg").write_text(cpg)

        assert read(path, name_field="名称").features[0].name == "塔影一网格"

    def test_reads_the_table_as_told(self, shapefile: Callable[..., Path]) -> None:
        path = shapefile(encoding="GBK")

        assert read(path, name_field="名称", encoding="GBK").features[1].name == "塔影二网格"
        assert refusal_of(path, name_field="名称", encoding="UTF-8").code == "encoding_wrong"

    def test_believes_a_cpg_that_reads_without_errors(self, shapefile: Callable[..., Path]) -> None:
        path = shapefile(encoding="GBK")

        assert dbf_encoding(path) == "gbk"

    def test_asks_for_the_crs_when_the_prj_is_missing(
        self, tmp_path: Path, shapefile: Callable[..., Path]
    ) -> None:
        path = shapefile(4546)
        path.with_suffix(".prj").unlink()
        archive = zipped(path.parent, tmp_path / "cells.zip")

        refusal = refusal_of(archive)
        layer = read(archive, crs="EPSG:4546")

        assert refusal.code == "crs_missing"
        assert ".prj" in refusal.zh
        assert lies_at(layer.features[0], WEST)

    def test_reads_a_prj_with_a_chinese_name_in_gbk(self, shapefile: Callable[..., Path]) -> None:
        path = shapefile(4546)
        prj = path.with_suffix(".prj")
        named = prj.read_text().replace("CGCS2000_3_Degree_GK_CM_111E", "国家2000坐标系_111度带")
        prj.write_bytes(named.encode("gbk"))

        assert lies_at(read(path).features[0], WEST)

    @pytest.mark.parametrize("text", ["junk", 'PROJCS["CGCS', 'GEOGCS["x"]'])
    def test_asks_for_the_crs_when_the_prj_is_damaged(
        self, shapefile: Callable[..., Path], text: str
    ) -> None:
        path = shapefile(4546)
        path.with_suffix(".prj").write_text(text)

        refusal = refusal_of(path)

        assert refusal.code == "crs_unknown"
        assert "--crs" in refusal.en
        assert lies_at(read(path, crs="EPSG:4546").features[0], WEST)

    def test_takes_whole_numbers_from_a_numeric_field(
        self, tmp_path: Path, cells: geopandas.GeoDataFrame
    ) -> None:
        cells["code"] = cells["code"].astype(float)
        cells.to_file(tmp_path / "cells.shp", encoding="UTF-8")

        codes = [only.code for only in read(tmp_path / "cells.shp").features]

        assert codes == ["420802001013001", "420802001013002"]


class TestRefuseArchives:
    def test_refuses_an_archive_without_a_shapefile(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "cells.zip", "w") as members:
            members.writestr("readme.txt", "hello")

        assert refusal_of(tmp_path / "cells.zip").code == "layer_missing"

    def test_asks_which_of_several_shapefiles(
        self, tmp_path: Path, shapefile: Callable[..., Path]
    ) -> None:
        folder = shapefile().parent
        shapefile(stem="other")
        archive = zipped(folder, tmp_path / "cells.zip", stem="*")

        assert "cells, other" in refusal_of(archive).en
        assert len(read(archive, layer="other").features) == 2
        assert refusal_of(archive, layer="third").code == "layer_missing"

    @pytest.mark.parametrize("suffix", [".shx", ".dbf"])
    def test_names_the_part_that_is_missing(
        self, tmp_path: Path, shapefile: Callable[..., Path], suffix: str
    ) -> None:
        path = shapefile()
        path.with_suffix(suffix).unlink()

        assert suffix in refusal_of(zipped(path.parent, tmp_path / "cells.zip")).en

    def test_refuses_a_truncated_archive(
        self, tmp_path: Path, shapefile: Callable[..., Path]
    ) -> None:
        archive = zipped(shapefile().parent, tmp_path / "cells.zip")
        archive.write_bytes(archive.read_bytes()[:-40])

        assert refusal_of(archive).code == "archive_unreadable"

    def test_stops_unpacking_at_the_limit(
        self, tmp_path: Path, shapefile: Callable[..., Path]
    ) -> None:
        path = shapefile()
        path.with_suffix(".dbf").write_bytes(b"0" * 3_000_000)
        archive = zipped(path.parent, tmp_path / "cells.zip")
        target = tmp_path / "unpacked"
        target.mkdir()

        with pytest.raises(Invalid) as refusal:
            unpack_shapefile(archive, target, file="cells.zip", most_bytes=1_000_000)

        assert refusal.value.code == "archive_too_large"
        assert sum(each.stat().st_size for each in target.iterdir()) <= 1_000_000

    def test_writes_nothing_outside_its_folder(
        self, tmp_path: Path, shapefile: Callable[..., Path]
    ) -> None:
        archive = zipped(shapefile().parent, tmp_path / "cells.zip", inside="../../evil/")
        target = tmp_path / "deep" / "unpacked"
        target.mkdir(parents=True)
        before = {path for path in tmp_path.rglob("*") if target not in path.parents}

        unpack_shapefile(archive, target, file="cells.zip")

        assert {path for path in tmp_path.rglob("*") if target not in path.parents} == before
        assert {path.stem for path in target.iterdir()} == {"boundary"}


class TestReadLayer:
    def test_gives_multipoints_through_so_that_the_check_can_name_them(
        self, tmp_path: Path
    ) -> None:
        source = source_of(tmp_path / "cells.geojson")
        write_geojson(source.path, [feature(MultiPoint([(112, 31)]), code="1")])

        layer = read_layer(replace(source, level=Level.STREET))

        assert layer.level is Level.STREET
        assert layer.features[0].outline is not None
