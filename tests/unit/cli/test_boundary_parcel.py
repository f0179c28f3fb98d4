import zipfile
from pathlib import Path

import pytest

from deploy.cli.boundary_parcel import WatchedFile, packed
from deploy.cli.cannot_do import CannotDo


def made(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(name.encode())


class TestPacked:
    def test_takes_files_as_they_are(self, tmp_path: Path) -> None:
        made(tmp_path, "a.geojson", "b.GPKG", "c.zip")

        with packed([tmp_path / "a.geojson", tmp_path / "b.GPKG", tmp_path / "c.zip"]) as parcels:
            assert [parcel.file_id for parcel in parcels] == ["a.geojson", "b.GPKG", "c.zip"]
            assert [parcel.size for parcel in parcels] == [9, 6, 5]

    def test_zips_a_shapefile_with_its_siblings_and_nothing_else(self, tmp_path: Path) -> None:
        made(tmp_path, "s.shp", "s.SHX", "s.dbf", "s.prj", "s.cpg", "s.txt", "t.dbf", "s.shp.xml")

        with packed([tmp_path / "s.shp"]) as [parcel]:
            assert parcel.file_id == "s.zip"
            with zipfile.ZipFile(parcel.path) as archive:
                assert sorted(archive.namelist()) == ["s.SHX", "s.cpg", "s.dbf", "s.prj", "s.shp"]
                assert archive.read("s.dbf") == b"s.dbf"

        assert not parcel.path.exists()

    def test_names_the_siblings_that_are_missing(self, tmp_path: Path) -> None:
        made(tmp_path, "s.shp", "s.prj")

        with pytest.raises(CannotDo) as error, packed([tmp_path / "s.shp"]):
            pass

        assert "s.shx s.dbf" in error.value.zh
        assert "s.shx s.dbf" in error.value.en

    def test_tells_files_of_the_same_name_apart(self, tmp_path: Path) -> None:
        made(tmp_path / "a", "x.geojson", "s.shp", "s.shx", "s.dbf")
        made(tmp_path / "b", "x.geojson", "s.shp", "s.shx", "s.dbf")
        files = [tmp_path / folder / name for name in ("x.geojson", "s.shp") for folder in "ab"]

        with packed(files) as parcels:
            assert [parcel.file_id for parcel in parcels] == [
                "x.geojson",
                "2-x.geojson",
                "s.zip",
                "4-s.zip",
            ]
            assert all(parcel.path.exists() for parcel in parcels)

    def test_sends_a_file_with_several_layers_once(self, tmp_path: Path) -> None:
        made(tmp_path, "all.gpkg")

        with packed([tmp_path / "all.gpkg", tmp_path / "." / "all.gpkg"]) as parcels:
            assert parcels[0] == parcels[1]

    @pytest.mark.parametrize("name", ["missing.geojson", "folder.gpkg", "table.csv", "none"])
    def test_refuses_what_is_no_boundary_file(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "folder.gpkg").mkdir()
        made(tmp_path, "table.csv", "none")

        with pytest.raises(CannotDo) as error, packed([tmp_path / name]):
            pass

        assert name in error.value.zh
        assert name in error.value.en


class TestWatchedFile:
    def test_tells_how_much_has_been_read(self, tmp_path: Path) -> None:
        made(tmp_path, "a.geojson")
        read: list[int] = []

        with WatchedFile(tmp_path / "a.geojson", read.append) as file:
            assert file.read(4) == b"a.ge"
            assert file.read() == b"ojson"

        assert read == [4, 5]
