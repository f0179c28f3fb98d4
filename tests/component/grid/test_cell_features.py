"""Cells on a map: those a box touches, of the boundary that was in force, page by page of one version."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely import Polygon

from services.grid.domain.area import Level
from services.grid.domain.draft_building import DraftOptions, build_draft
from services.grid.domain.index_build import build_index
from services.grid.domain.source_layer import SourceFeature, SourceLayer
from services.grid.files.cell_features import extent, feature, features_in
from services.grid.files.draft_folder import INDEX_FOLDER, write_draft
from services.grid.files.shelf import BoundaryShelf, Span
from shared.contracts.grid import CellFilter
from shared.kernel.box import Box
from shared.kernel.errors import Invalid, Unavailable
from shared.kernel.grid_code import CodeScheme
from shared.runtime.cursor import cursor_of

WEST, SOUTH, STEP, ROWS = 112.0, 31.0, 0.01, 5
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = datetime(2026, 7, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def triangles(*, mirrored: bool) -> Iterator[Polygon]:
    """Yield squares cut in two, so that most of what lies beside an outline lies within its bounds."""
    for number in range(ROWS * ROWS):
        x, y = WEST + number % ROWS * STEP, SOUTH + number // ROWS * STEP
        low, right, high, left = (x, y), (x + STEP, y), (x + STEP, y + STEP), (x, y + STEP)
        if mirrored:
            yield from (Polygon([right, high, left]), Polygon([low, right, left]))
        else:
            yield from (Polygon([low, right, high]), Polygon([low, high, left]))


def write_version(folder: Path, *, mirrored: bool) -> None:
    cells = tuple(
        SourceFeature(number=n, code=f"c{n:02}", name=f"{n}", parent=None, outline=outline)
        for n, outline in enumerate(triangles(mirrored=mirrored), start=1)
    )
    layer = SourceLayer(file="cells.geojson", level=Level.CELL, features=cells)
    options = DraftOptions(scheme=CodeScheme.FREE, district_code="d", district_name="区")
    draft = build_draft([layer], options)
    write_draft(draft, folder)
    build_index(draft.faces).save(folder / INDEX_FOLDER)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grid")
    for name, mirrored in (("one", False), ("two", True), ("draft", False)):
        (folder / name).mkdir()
        write_version(folder / name, mirrored=mirrored)
    return folder


@pytest.fixture(scope="module")
def shelf(folder: Path) -> BoundaryShelf:
    """Give two versions of which the second is in force, and a draft."""
    spans = [
        Span(version=2, folder="two", since=SECOND, until=None),
        Span(version=1, folder="one", since=FIRST, until=SECOND),
        Span(version=3, folder="draft", since=None, until=None),
    ]
    return BoundaryShelf(folder, lambda: spans)


def find(shelf: BoundaryShelf, limit: int = 200, cursor: str | None = None, **where: Any) -> Any:
    return features_in(shelf, CellFilter(**where), limit=limit, cursor=cursor)


def version_of(found: dict[str, Any]) -> set[int]:
    return {each["properties"]["boundary_version"] for each in found["features"]}


class TestBox:
    def test_holds_the_cells_it_touches_and_no_others(self, shelf: BoundaryShelf) -> None:
        everything = {
            each["id"]: shapely.geometry.shape(each["geometry"]) for each in find(shelf)["features"]
        }
        draw = random.Random(311)
        for _ in range(200):
            xs = sorted(draw.uniform(WEST - STEP, WEST + 6 * STEP) for _ in range(2))
            ys = sorted(draw.uniform(SOUTH - STEP, SOUTH + 6 * STEP) for _ in range(2))
            box = Box(west=xs[0], south=ys[0], east=xs[1], north=ys[1])

            found = find(shelf, box=box)

            around = shapely.box(xs[0], ys[0], xs[1], ys[1])
            expected = {name for name, outline in everything.items() if outline.intersects(around)}
            assert {each["id"] for each in found["features"]} == expected
            assert found["matched"] == len(expected)

    @pytest.mark.parametrize(("lon", "lat", "count"), [(112.007, 31.002, 1), (112.01, 31.01, 6)])
    def test_of_one_point_holds_the_cells_that_have_it(
        self, shelf: BoundaryShelf, lon: float, lat: float, count: int
    ) -> None:
        found = find(shelf, box=Box(west=lon, south=lat, east=lon, north=lat), until=FIRST)
        assert found["matched"] == count

    def test_of_a_line_holds_the_cells_along_it(self, shelf: BoundaryShelf) -> None:
        line = Box(west=111, south=31.005, east=113, north=31.005)
        assert find(shelf, box=line)["matched"] == 2 * ROWS

    def test_over_the_antimeridian_goes_round_the_earth(self, shelf: BoundaryShelf) -> None:
        assert find(shelf, box=Box(west=112.045, south=0, east=-180, north=90))["matched"] == 10
        assert find(shelf, box=Box(west=113, south=0, east=111, north=90))["matched"] == 0


class TestTime:
    @pytest.mark.parametrize(
        ("since", "until", "version"),
        [
            (None, None, 2),
            (FIRST, FIRST, 1),
            (SECOND - DAY, SECOND - DAY, 1),
            (SECOND, SECOND, 2),
            (FIRST, None, 2),
            (None, SECOND - DAY, 1),
            (FIRST - DAY, FIRST, 1),
            (FIRST, SECOND + DAY, 2),
        ],
    )
    def test_chooses_the_newest_that_was_in_force(
        self, shelf: BoundaryShelf, since: datetime | None, until: datetime | None, version: int
    ) -> None:
        assert version_of(find(shelf, since=since, until=until)) == {version}

    def test_before_there_was_one_finds_nothing(self, shelf: BoundaryShelf) -> None:
        assert find(shelf, until=FIRST - DAY) == {"features": [], "matched": 0, "next_cursor": None}

    def test_without_any_in_force_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(Unavailable, match="no_boundary_in_force"):
            find(BoundaryShelf(tmp_path, list))


class TestPages:
    @pytest.mark.parametrize("limit", [1, 7, 49, 50, 51])
    def test_hold_each_cell_once_with_the_same_count(
        self, shelf: BoundaryShelf, limit: int
    ) -> None:
        page = find(shelf, limit)
        seen = [each["id"] for each in page["features"]]
        while page["next_cursor"]:
            page = find(shelf, limit, page["next_cursor"])
            seen += [each["id"] for each in page["features"]]
            assert page["matched"] == 50

        assert seen == sorted(set(seen))
        assert len(seen) == 50

    def test_stay_with_the_version_they_began_with(self, folder: Path) -> None:
        spans = [Span(version=1, folder="one", since=FIRST, until=None)]
        shelf = BoundaryShelf(folder, lambda: spans)
        page = find(shelf, 10)
        spans[:] = [
            Span(version=2, folder="two", since=SECOND, until=None),
            Span(version=1, folder="one", since=FIRST, until=SECOND),
        ]
        shelf.look_again()

        assert version_of(find(shelf, 10, page["next_cursor"])) == {1}
        assert version_of(find(shelf, 10)) == {2}

    @pytest.mark.parametrize(
        "cursor",
        [
            "x",
            cursor_of(1),
            cursor_of("1", 0),
            cursor_of(True, 0),
            cursor_of(1, "a"),
            cursor_of(3, 0),
            cursor_of(99, 0),
        ],
        ids=["nonsense", "short", "text", "truth", "letter", "draft", "no version"],
    )
    def test_begin_at_no_cursor_of_somebody_elses_making(
        self, shelf: BoundaryShelf, cursor: str
    ) -> None:
        with pytest.raises(Invalid):
            find(shelf, 10, cursor)

    @pytest.mark.parametrize("first", [-1, 50, 2**62])
    def test_behind_the_last_are_empty(self, shelf: BoundaryShelf, first: int) -> None:
        found = find(shelf, 200, cursor_of(2, first))
        assert len(found["features"]) == (50 if first < 0 else 0)


class TestCell:
    def test_is_a_polygon_whose_outer_ring_runs_against_the_clock(
        self, shelf: BoundaryShelf
    ) -> None:
        for each in find(shelf)["features"]:
            outline = shapely.geometry.shape(each["geometry"])
            assert outline.is_valid
            assert outline.exterior.is_ccw

    def test_is_found_by_its_code(self, shelf: BoundaryShelf, folder: Path) -> None:
        boundary = shelf.version(1)

        found = feature(folder / "one", boundary, "c03")

        assert found is not None
        assert found["properties"]["code"] == "c03"
        assert found["properties"]["district_code"] == "d"
        assert feature(folder / "one", boundary, "d") is None
        assert feature(folder / "one", boundary, "none") is None

    def test_lies_in_the_extent(self, shelf: BoundaryShelf, folder: Path) -> None:
        box = extent(folder / "two", shelf.version(2))
        assert box == pytest.approx([WEST, SOUTH, WEST + 5 * STEP, SOUTH + 5 * STEP])
