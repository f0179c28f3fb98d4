"""The job that turns boundary files into a draft on disk, run as the process it is."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
from shapely import box

from services.grid.domain.area import Level
from services.grid.domain.boundary_draft import BoundaryDraft
from services.grid.domain.draft_building import DraftOptions, build_draft
from services.grid.domain.planar_index import PlanarIndex
from services.grid.domain.source_layer import SourceFeature, SourceLayer
from services.grid.files.boundary_folder import tile
from services.grid.files.draft_folder import read_draft, whole_or_not_at_all, write_draft
from services.grid.job import main
from shared.kernel.errors import Invalid, from_wire
from shared.kernel.grid_code import CodeScheme

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real boundary sets are not at hand (../shared/data)"
)


@dataclass(frozen=True)
class Outcome:
    """How a run of the job ended: its exit code and the lines it told."""

    code: int
    lines: list[dict[str, Any]]
    complaint: str

    @property
    def last(self) -> dict[str, Any]:
        return self.lines[-1]


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "services.grid.job", *map(str, arguments)]


def run(*arguments: object) -> Outcome:
    done = subprocess.run(
        command(*arguments), cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return Outcome(done.returncode, lines, done.stderr)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Return a function that runs the job in this process, which is quicker than `run`."""

    def call(*arguments: object) -> Outcome:
        code = main([*map(str, arguments)])
        told, complaint = capsys.readouterr()
        return Outcome(code, [json.loads(line) for line in told.splitlines()], complaint)

    return call


def strip(west: float, east: float) -> Any:
    return box(112.20 + west / 100, 31.05, 112.20 + east / 100, 31.06)


@pytest.fixture
def set_of_files(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a set of three cells in two files and the job's specification."""

    def write(cell_codes: tuple[str, ...] = ("1", "2", "3"), **options: Any) -> Path:
        communities = geopandas.GeoDataFrame(
            {"code": ["x", "y"], "name": ["塔影社区", "龙泉社区"]},
            geometry=[strip(0, 2), strip(2, 3)],
            crs=4326,
        )
        cells = geopandas.GeoDataFrame(
            {"code": cell_codes}, geometry=[strip(0, 1), strip(1, 2), strip(2, 3)], crs=4326
        )
        communities.to_crs(4546).to_file(tmp_path / "communities.gpkg")
        cells.to_file(tmp_path / "cells.geojson")
        spec = {
            "layers": [
                {
                    "path": str(tmp_path / "communities.gpkg"),
                    "name": "communities.gpkg",
                    "level": "community",
                    "code_field": "code",
                    "name_field": "name",
                },
                {
                    "path": str(tmp_path / "cells.geojson"),
                    "name": "cells.geojson",
                    "level": "cell",
                    "code_field": "code",
                },
            ],
            "options": {
                "scheme": "free",
                "district_code": "D",
                "district_name": "东宝区",
                **options,
            },
        }
        path = tmp_path / "spec.json"
        path.write_text(json.dumps(spec), "utf-8")
        return path

    return write


class TestBuild:
    def test_writes_a_draft_that_can_be_read_and_asked(
        self, tmp_path: Path, set_of_files: Callable[..., Path]
    ) -> None:
        out = tmp_path / "draft"

        outcome = run("build", "--spec", set_of_files(), "--out", out)

        assert outcome.code == 0, outcome
        assert outcome.complaint == ""
        draft = read_draft(out)
        assert list(draft.counts.values()) == [1, 1, 2, 3]
        assert draft.can_be_activated
        assert [area.name for area in draft.areas if area.level is Level.COMMUNITY] == [
            "塔影社区",
            "龙泉社区",
        ]
        assert draft.chain[Level.COMMUNITY].tolist() == [0, 0, 1]
        index = PlanarIndex.load(out / "index")
        points = np.array([[112.205, 31.055], [112.225, 31.055], [112.9, 31.055]])
        assert index.faces_at(points[:, 0], points[:, 1]).tolist() == [0, 2, -1]

    def test_answers_for_a_tile_that_there_cannot_be_with_none(
        self, tmp_path: Path, set_of_files: Callable[..., Path]
    ) -> None:
        out = tmp_path / "draft"
        run("build", "--spec", set_of_files(), "--out", out)

        assert tile(out, 12, 3324, 1675)
        for zoom, x, y in ((-1, 0, 0), (99, 0, 0), (2**63, 0, 0), (4, 16, 0), (4, 0, -(2**64))):
            assert tile(out, zoom, x, y) == b""

    def test_tells_its_progress_in_both_languages(
        self, tmp_path: Path, set_of_files: Callable[..., Path], call: Callable[..., Outcome]
    ) -> None:
        outcome = call("build", "--spec", set_of_files(), "--out", tmp_path / "draft")

        steps = list(dict.fromkeys(line["step"] for line in outcome.lines))
        assert steps == [
            "read", "check", "nest", "borders", "levels", "index", "tiles", "write", "finished",
        ]  # fmt: skip
        for line in outcome.lines:
            assert 0 <= line["done"] <= line["total"]
            assert line["zh"]
            assert line["en"]
        assert outcome.last["counts"] == {"district": 1, "street": 1, "community": 2, "cell": 3}
        assert outcome.last["can_be_activated"] is True

    def test_writes_the_report_of_a_draft_with_errors_and_no_index(
        self, tmp_path: Path, set_of_files: Callable[..., Path], call: Callable[..., Outcome]
    ) -> None:
        spec, out = set_of_files(("1", "2", "2")), tmp_path / "draft"

        outcome = call("build", "--spec", spec, "--out", out)

        assert outcome.code == 0
        assert outcome.last["can_be_activated"] is False
        report = json.loads((out / "draft.json").read_text("utf-8"))
        assert report["findings"][0]["kind"] == "area_code_duplicate"
        assert report["findings"][0]["feature"] == 3
        assert not (out / "index").exists()

    def test_names_every_file_that_cannot_be_used(
        self, tmp_path: Path, set_of_files: Callable[..., Path]
    ) -> None:
        spec, out = set_of_files(), tmp_path / "draft"
        (tmp_path / "cells.geojson").write_text('{"type": "FeatureCollection", "features": [')
        (tmp_path / "communities.gpkg").write_text("not one")

        outcome = run("build", "--spec", spec, "--out", out)

        assert outcome.code == 2
        refusal = from_wire(outcome.last["error"])
        assert isinstance(refusal, Invalid)
        assert [error.field for error in refusal.errors] == ["communities.gpkg", "cells.geojson"]
        assert "Traceback" not in outcome.complaint
        assert not out.exists()

    @pytest.mark.parametrize(
        ("spec", "field"),
        [
            ("{", ""),
            ("{}", "layers"),
            ('{"layers": [], "options": {"scheme": "us"}}', "options.scheme"),
            ('{"layers": [{"level": "village"}], "options": {"scheme": "cn"}}', "layers.0.level"),
        ],
    )
    def test_refuses_a_malformed_specification(
        self, tmp_path: Path, spec: str, field: str, call: Callable[..., Outcome]
    ) -> None:
        (tmp_path / "spec.json").write_text(spec)

        outcome = call("build", "--spec", tmp_path / "spec.json", "--out", tmp_path / "draft")

        assert outcome.code == 2
        fields = [error["field"] for error in outcome.last["error"]["errors"]]
        assert field in fields

    def test_refuses_a_specification_without_files_or_that_is_not_there(
        self, tmp_path: Path, call: Callable[..., Outcome]
    ) -> None:
        (tmp_path / "spec.json").write_text('{"layers": [], "options": {"scheme": "cn"}}')

        empty = call("build", "--spec", tmp_path / "spec.json", "--out", tmp_path / "draft")
        absent = call("build", "--spec", tmp_path / "other.json", "--out", tmp_path / "draft")

        assert empty.last["error"]["code"] == "boundary_files_unusable"
        assert absent.last["error"]["code"] == "boundary_spec_missing"

    def test_never_writes_over_a_draft(
        self, tmp_path: Path, set_of_files: Callable[..., Path], call: Callable[..., Outcome]
    ) -> None:
        (tmp_path / "draft").mkdir()

        outcome = call("build", "--spec", set_of_files(), "--out", tmp_path / "draft")

        assert outcome.last["error"]["code"] == "draft_exists"

    def test_leaves_nothing_half_when_killed_and_can_be_run_again(
        self, tmp_path: Path, set_of_files: Callable[..., Path]
    ) -> None:
        spec, out = set_of_files(), tmp_path / "draft"
        job = subprocess.Popen(
            command("build", "--spec", spec, "--out", out), cwd=ROOT, stdout=subprocess.PIPE
        )
        scratch = tmp_path / "draft.tmp"
        while not scratch.exists():
            assert job.poll() is None
            time.sleep(0.001)
        os.kill(job.pid, signal.SIGKILL)
        job.communicate()
        assert scratch.exists()
        assert not out.exists()

        outcome = run("build", "--spec", spec, "--out", out)

        assert outcome.code == 0
        assert not scratch.exists()
        assert read_draft(out).can_be_activated


class TestLineage:
    def test_compares_the_codes_with_those_in_force(
        self, tmp_path: Path, set_of_files: Callable[..., Path], call: Callable[..., Outcome]
    ) -> None:
        for name, codes in (("one", ("1", "2", "3")), ("two", ("1", "2", "4"))):
            call("build", "--spec", set_of_files(codes), "--out", tmp_path / name)
        spec_file = set_of_files(("1", "3", "5"))
        spec = json.loads(spec_file.read_text("utf-8"))
        spec |= {"previous": str(tmp_path / "two"), "earlier": [str(tmp_path / "one")]}
        spec_file.write_text(json.dumps(spec))

        outcome = call("build", "--spec", spec_file, "--out", tmp_path / "three")

        assert outcome.code == 0
        assert "lineage" in [line["step"] for line in outcome.lines]
        changes = json.loads((tmp_path / "three" / "lineage.json").read_text("utf-8"))
        cells = {change["code"]: change for change in changes if change["level"] == "cell"}
        assert {code: change["fate"] for code, change in cells.items()} == {
            "1": "unchanged", "2": "replaced", "3": "appeared", "4": "replaced", "5": "appeared",
        }  # fmt: skip
        assert cells["2"]["successors"] == ["3"]
        # 3 is the code of a cell that lay elsewhere in the version before the last.
        [reused] = [
            finding
            for finding in read_draft(tmp_path / "three").findings
            if finding.kind == "area_code_reused"
        ]
        assert reused.codes == ("3",)

    def test_says_when_the_version_in_force_is_lost(
        self, tmp_path: Path, set_of_files: Callable[..., Path], call: Callable[..., Outcome]
    ) -> None:
        spec_file = set_of_files()
        spec = json.loads(spec_file.read_text("utf-8")) | {"previous": str(tmp_path / "lost")}
        spec_file.write_text(json.dumps(spec))

        outcome = call("build", "--spec", spec_file, "--out", tmp_path / "draft")

        assert outcome.last["error"]["code"] == "draft_missing"
        assert not (tmp_path / "draft").exists()


class TestIndex:
    def test_makes_a_lost_index_again(
        self, tmp_path: Path, set_of_files: Callable[..., Path], call: Callable[..., Outcome]
    ) -> None:
        out = tmp_path / "draft"
        call("build", "--spec", set_of_files(), "--out", out)
        before = {path.name: path.read_bytes() for path in sorted((out / "index").iterdir())}
        for path in (out / "index").iterdir():
            path.unlink()
        (out / "index").rmdir()

        outcome = call("index", "--from", out)

        assert outcome.code == 0
        assert outcome.last["step"] == "finished"
        after = {path.name: path.read_bytes() for path in sorted((out / "index").iterdir())}
        assert after == before

    def test_refuses_a_folder_without_a_draft(
        self, tmp_path: Path, call: Callable[..., Outcome]
    ) -> None:
        outcome = call("index", "--from", tmp_path)

        assert outcome.code == 2
        assert outcome.last["error"]["code"] == "draft_missing"

    def test_refuses_a_draft_with_errors(
        self, tmp_path: Path, set_of_files: Callable[..., Path], call: Callable[..., Outcome]
    ) -> None:
        out = tmp_path / "draft"
        call("build", "--spec", set_of_files(("1", "2", "2")), "--out", out)

        assert call("index", "--from", out).last["error"]["code"] == "draft_has_errors"


@pytest.fixture
def draft() -> BoundaryDraft:
    features = tuple(
        SourceFeature(
            number=number,
            code=str(number),
            name="塔影",
            parent=None,
            outline=strip(number, number + 1),
        )
        for number in (1, 2, 2, 9)
    )
    layer = SourceLayer(file="cells.geojson", level=Level.CELL, features=features)
    return build_draft([layer], DraftOptions(scheme=CodeScheme.FREE))


class TestDraftFolder:
    def test_gives_back_what_was_written(self, tmp_path: Path, draft: BoundaryDraft) -> None:
        write_draft(draft, tmp_path)

        again = read_draft(tmp_path)

        assert (again.scheme, again.areas, again.findings) == (
            draft.scheme,
            draft.areas,
            draft.findings,
        )
        assert {level: at.tolist() for level, at in again.chain.items()} == {
            level: at.tolist() for level, at in draft.chain.items()
        }

    def test_vanishes_when_its_writing_fails(self, tmp_path: Path) -> None:
        def fail_half_way() -> None:
            with whole_or_not_at_all(tmp_path / "draft") as scratch:
                (scratch / "half").write_text("a")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail_half_way()
        assert list(tmp_path.iterdir()) == []

    def test_is_read_without_gdal_and_pandas(self, tmp_path: Path, draft: BoundaryDraft) -> None:
        write_draft(draft, tmp_path)
        script = (
            "import sys; from pathlib import Path\n"
            "from services.grid.files.draft_folder import read_draft\n"
            f"assert read_draft(Path({str(tmp_path)!r})).areas\n"
            "print(sorted({'geopandas', 'pandas', 'pyogrio', 'pyproj'} & sys.modules.keys()))"
        )

        done = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
        )

        assert done.stdout.strip() == "[]"


@needs_data
class TestRealSets:
    def test_leeds_needs_no_word_about_its_district(self, tmp_path: Path) -> None:
        levels = (("msoa", "street"), ("lsoa", "community"), ("oa", "cell"))
        spec = {
            "layers": [
                {
                    "path": str(DATA / f"uk_E08000035_{name}.geojson"),
                    "name": f"{name}.geojson",
                    "level": level,
                    "code_field": f"{name.upper()}11CD",
                    "parent_field": "LAD11CD" if name == "oa" else None,
                }
                for name, level in levels
            ],
            "options": {"scheme": "free"},
        }
        (tmp_path / "spec.json").write_text(json.dumps(spec))

        outcome = run("build", "--spec", tmp_path / "spec.json", "--out", tmp_path / "draft")

        assert outcome.last["counts"] == {
            "district": 1, "street": 107, "community": 482, "cell": 2_543,
        }  # fmt: skip
        assert read_draft(tmp_path / "draft").areas[0].code == "E08000035"
