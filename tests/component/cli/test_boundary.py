import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.component.cli.commands import Ended, Shell
from tests.component.cli.edge import Edge


def finding(severity: str, kind: str, area_m2: float | None, **more: Any) -> dict[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(("level", "file", "feature", "lon", "lat"))
    told: dict[str, Any] = {
        "zh": f"{kind} 的说明",
        "en": f"about {kind}",
        "codes": [],
        "area_m2": area_m2,
    }
    return blank | told | {"severity": severity, "kind": kind} | more


def report(*findings: dict[str, Any], version: int | None = 4) -> dict[str, Any]:
    weights = [one["severity"] for one in findings]
    totals: dict[str, dict[str, Any]] = {}
    for one in findings:
        total = totals.setdefault(one["kind"], {"count": 0, "area_m2": 0.0})
        total["count"] += 1
        total["area_m2"] += one["area_m2"] or 0
    return {
        "label": "x",
        "scheme": "cn",
        "version": version,
        "state": "draft",
        "counts": {"district": 1, "street": 2, "community": 0, "cell": 1234},
        "errors": weights.count("error"),
        "warnings": weights.count("warning"),
        "notes": weights.count("note"),
        "totals": totals,
        "can_be_activated": "error" not in weights,
        "needs_acceptance": "warning" in weights,
        "findings": list(findings),
    }


OVERLAPS = [
    finding("warning", "overlap", float(n), codes=[f"c{n}", f"d{n}"], lon=112.2, lat=31.05)
    for n in range(1, 31)
]
BROKEN = finding("error", "code_malformed", None, file="s.geojson", feature=7, level="street")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "d.geojson", tmp_path / "c.geojson"]
    for path in paths:
        path.write_text(path.name * 1000)
    return paths


def imported(wangge: Shell, *arguments: str | Path) -> Ended:
    given = [str(argument) for argument in arguments]
    ended = wangge.run("import-boundary", *given)
    assert "Traceback" not in ended.err, ended.err
    return ended


LEVELS = ("--level", "district", "--level", "cell", "--code-field", "CODE")


class TestImportBoundary:
    def test_sends_the_files_with_the_order(
        self, edge: Edge, wangge: Shell, files: list[Path]
    ) -> None:
        edge.report = report()

        ended = imported(
            wangge, *files, *LEVELS, "--parent-field", "-", "--parent-field", "D",
            "--scheme", "free", "--label", "2026", "--district-name", "东宝区", "--crs", "gcj02",
        )  # fmt: skip

        [(order, uploaded)] = edge.uploads
        assert ended.code == 0
        assert uploaded == {path.name: path.read_bytes() for path in files}
        layers = order.pop("layers")
        assert order == {
            "label": "2026",
            "scheme": "free",
            "district_code": None,
            "district_name": "东宝区",
            "dry_run": False,
        }
        assert [
            (one["file_id"], one["file_name"], one["level"], one["parent_field"]) for one in layers
        ] == [
            ("d.geojson", "d.geojson", "district", None),
            ("c.geojson", "c.geojson", "cell", "D"),
        ]
        assert {(one["code_field"], one["crs"], one["layer"]) for one in layers} == {
            ("CODE", "gcj02", None)
        }
        assert "1,234" in ended.out
        assert "version 4" in ended.out
        assert edge.activations == []

    def test_sends_a_shapefile_whole(self, edge: Edge, wangge: Shell, tmp_path: Path) -> None:
        edge.report = report()
        for suffix in ("shp", "shx", "dbf", "prj"):
            (tmp_path / f"网格.{suffix}").write_text(suffix)

        ended = imported(wangge, tmp_path / "网格.shp", "--level", "cell", "--code-field", "C")

        [(order, uploaded)] = edge.uploads
        assert ended.code == 0
        assert order["layers"][0]["file_id"] == "网格.zip"
        with zipfile.ZipFile(io.BytesIO(uploaded["网格.zip"])) as archive:
            assert sorted(archive.namelist()) == ["网格.dbf", "网格.prj", "网格.shp", "网格.shx"]

    def test_shows_the_largest_findings_first_and_keeps_all_in_a_file(
        self, edge: Edge, wangge: Shell, files: list[Path], tmp_path: Path
    ) -> None:
        edge.report = report(*OVERLAPS)
        kept = tmp_path / "report.json"

        ended = imported(wangge, *files, *LEVELS, "--report", kept)

        assert ended.code == 0
        areas = re.findall(r"(\d+)\.00 m² +about overlap", ended.out)
        assert [int(area) for area in areas] == list(range(30, 10, -1))
        assert ended.out.count("112.200000, 31.050000") == 20
        assert "另有 10 条" in ended.out
        assert json.loads(kept.read_text("utf-8")) == edge.report

    def test_fails_when_there_are_errors_and_activates_nothing(
        self, edge: Edge, wangge: Shell, files: list[Path]
    ) -> None:
        edge.report = report(BROKEN)

        ended = imported(wangge, *files, *LEVELS, "--activate")

        assert ended.code == 1
        assert "s.geojson #7" in ended.out
        assert "code_malformed 的说明" in ended.out
        assert "1 errors" in ended.err
        assert edge.activations == []

    def test_activates_a_clean_set(self, edge: Edge, wangge: Shell, files: list[Path]) -> None:
        edge.report = report()

        assert imported(wangge, *files, *LEVELS, "--activate").code == 0
        assert edge.activations == [("/grid/boundaries/4/activate", {"accept_findings": False})]

    def test_activates_warnings_only_when_they_are_accepted(
        self, edge: Edge, wangge: Shell, files: list[Path]
    ) -> None:
        edge.report = report(*OVERLAPS)

        refused = imported(wangge, *files, *LEVELS, "--activate")
        assert refused.code == 1
        assert "--accept-findings" in refused.err
        assert edge.activations == []

        assert imported(wangge, *files, *LEVELS, "--activate", "--accept-findings").code == 0
        assert edge.activations == [("/grid/boundaries/4/activate", {"accept_findings": True})]

    def test_keeps_nothing_in_a_dry_run(self, edge: Edge, wangge: Shell, files: list[Path]) -> None:
        edge.report = report(version=None)

        ended = imported(wangge, *files, *LEVELS, "--dry-run")

        assert ended.code == 0
        assert edge.uploads[0][0]["dry_run"] is True
        assert "dry run" in ended.out
        assert imported(wangge, *files, *LEVELS, "--dry-run", "--activate").code == 1

    @pytest.mark.parametrize(
        ("more", "code", "told"),
        [
            (("--name-field", "a", "--name-field", "b", "--name-field", "c"), 1, "--name-field"),
            (("--level", "cell"), 1, "--level has 3 values for 2 files"),
            (("--level", "town"), 2, "town"),
            (("--scheme", "us"), 2, "us"),
        ],
    )
    def test_sends_nothing_when_an_option_is_wrong(
        self,
        edge: Edge,
        wangge: Shell,
        files: list[Path],
        more: tuple[str, ...],
        code: int,
        told: str,
    ) -> None:
        ended = imported(wangge, *files, *LEVELS, *more)

        assert ended.code == code
        assert told in ended.err
        assert edge.uploads == []

    def test_names_a_file_that_is_not_there(self, edge: Edge, wangge: Shell) -> None:
        ended = imported(wangge, "nowhere.geojson", "--level", "cell", "--code-field", "C")

        assert ended.code == 1
        assert "没有文件 nowhere.geojson" in ended.err
        assert edge.sign_ins == 0
