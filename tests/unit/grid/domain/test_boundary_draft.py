"""From layers to a draft: what is kept, what is mended, what is reported."""

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from services.grid.domain.area import LEVELS, Level
from services.grid.domain.boundary_draft import BoundaryDraft
from services.grid.domain.draft_building import DraftOptions, build_draft
from services.grid.domain.finding import Finding, Severity
from services.grid.domain.ground_area import areas_m2
from services.grid.domain.source_layer import SourceFeature, SourceLayer
from shared.kernel.errors import Invalid
from shared.kernel.grid_code import CodeScheme

DATA = Path(__file__).parents[5] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real boundary sets are not at hand (../shared/data)"
)
FREE = DraftOptions(scheme=CodeScheme.FREE)
CN = DraftOptions(scheme=CodeScheme.CN)
STEP = 0.01


def strip(west: float, east: float, south: float = 0, north: float = 1) -> Polygon:
    return box(112 + west * STEP, 31 + south * STEP, 112 + east * STEP, 31 + north * STEP)


def a_layer(
    *features: tuple[str | None, BaseGeometry | None] | tuple[str | None, BaseGeometry | None, str],
    level: Level = Level.CELL,
    file: str = "cells.geojson",
) -> SourceLayer:
    return SourceLayer(
        file=file,
        level=level,
        features=tuple(
            SourceFeature(
                number=number,
                code=code,
                name=code,
                parent=rest[0] if rest else None,
                outline=outline,
            )
            for number, (code, outline, *rest) in enumerate(features, start=1)
        ),
    )


def of_kind(draft: BoundaryDraft, kind: str) -> list[Finding]:
    return [finding for finding in draft.findings if finding.kind == kind]


def only(draft: BoundaryDraft, kind: str) -> Finding:
    [finding] = of_kind(draft, kind)
    assert finding.zh
    return finding


class TestBuildDraft:
    def test_makes_areas_chain_and_faces_of_clean_cells(self) -> None:
        codes = ("420802001013001", "420802001013002", "420802002001001")
        layer = a_layer(*((code, strip(at, at + 1)) for at, code in enumerate(codes)))

        draft = build_draft([layer], CN)

        assert list(draft.counts.values()) == [1, 2, 2, 3]
        assert [area.code for area in draft.areas if area.level is Level.STREET] == [
            "420802001",
            "420802002",
        ]
        assert draft.chain[Level.COMMUNITY].tolist() == [0, 0, 1]
        assert draft.chain[Level.STREET].tolist() == [0, 0, 1]
        assert draft.chain[Level.DISTRICT].tolist() == [0, 0, 0]
        assert draft.can_be_activated
        assert not draft.needs_acceptance
        by_code = {area.code: area for area in draft.areas}
        assert by_code["420802001013"].parent_code == "420802001"
        assert by_code["420802001"].outline.equals(strip(0, 2))
        assert by_code["420802"].outline.equals(strip(0, 3))
        assert by_code["420802"].parent_code is None
        assert "网格 3" in only(draft, "counts").zh

    def test_keeps_codes_of_cells_aligned_with_their_faces(self) -> None:
        layer = a_layer(("b", strip(1, 2)), ("a", strip(0, 1)))

        draft = build_draft([layer], FREE)

        cells = [area.code for area in draft.areas if area.level is Level.CELL]
        assert cells == ["b", "a"]
        assert [
            face.equals(outline)
            for face, outline in zip(draft.faces, [strip(1, 2), strip(0, 1)], strict=True)
        ] == [True, True]

    def test_rounds_neighbours_of_one_border_alike(self) -> None:
        noise = 1e-9
        layer = a_layer(("a", strip(0, 1)), ("b", strip(1 + noise, 2)))

        draft = build_draft([layer], FREE)

        assert draft.can_be_activated
        assert not draft.needs_acceptance
        assert shapely.coverage_is_valid(draft.faces)

    def test_tells_each_step(self) -> None:
        steps: list[tuple[str, int, int]] = []

        build_draft([a_layer(("a", strip(0, 1)))], FREE, lambda *step: steps.append(step))

        assert [step for step, _, _ in steps] == ["check"] * 4 + ["nest", "borders", "levels"]
        assert steps[3] == ("check", 0, 1)

    def test_puts_several_files_of_a_level_together(self) -> None:
        first = a_layer(("a", strip(0, 1)), file="one.geojson")
        second = a_layer(("b", strip(1, 2)), ("a", strip(2, 3)), file="two.geojson")

        draft = build_draft([first, second], FREE)

        assert draft.counts[Level.CELL] == 2
        duplicate = only(draft, "area_code_duplicate")
        assert (duplicate.file, duplicate.feature) == ("two.geojson", 2)
        assert "that of one.geojson, feature 1" in duplicate.en

    def test_refuses_a_malformed_code_of_the_district(self) -> None:
        options = DraftOptions(scheme=CodeScheme.CN, district_code="4208")

        with pytest.raises(Invalid, match="4 digits"):
            build_draft([a_layer(("420802001013001", strip(0, 1)))], options)

    def test_writes_the_code_of_the_district_in_its_short_form(self) -> None:
        options = DraftOptions(scheme=CodeScheme.CN, district_code="420802000000")

        draft = build_draft([a_layer(("420802001013001", strip(0, 1)))], options)

        assert draft.areas[0].code == "420802"
        assert draft.can_be_activated

    def test_names_the_district_as_told(self) -> None:
        options = DraftOptions(scheme=CodeScheme.FREE, district_code="LA", district_name="洛杉矶")

        draft = build_draft([a_layer(("a", strip(0, 1)))], options)

        assert (draft.areas[0].code, draft.areas[0].name) == ("LA", "洛杉矶")


class TestBadFeatures:
    @pytest.mark.parametrize(
        ("outline", "kind", "says"),
        [
            (None, "geometry_missing", "no geometry"),
            (Point(112, 31), "geometry_not_areal", "Point"),
            (LineString([(112, 31), (112.1, 31)]), "geometry_not_areal", "LineString"),
            (Polygon(), "geometry_empty", "empty"),
            (box(31, 112, 31.1, 112.1), "coordinates_out_of_range", "--crs"),
            (box(-179.9, 31, 179.9, 31.1), "antimeridian", "split"),
            (Polygon([(112, 31), (112.1, 31), (112.2, 31)]), "no_area", "Check the feature"),
        ],
    )
    def test_are_named_and_do_not_stop_the_others(
        self, outline: BaseGeometry | None, kind: str, says: str
    ) -> None:
        layer = a_layer(("a", strip(0, 1)), ("b", outline), ("c", strip(1, 2)))

        draft = build_draft([layer], FREE)

        finding = only(draft, kind)
        assert (finding.severity, finding.file, finding.feature) == (
            Severity.ERROR,
            "cells.geojson",
            2,
        )
        assert finding.en.startswith("cells.geojson, feature 2 (b): ")
        assert finding.zh.startswith("cells.geojson 第 2 个要素（b）：")
        assert says in finding.en
        assert not draft.can_be_activated
        assert draft.counts[Level.CELL] == 2

    @pytest.mark.parametrize(
        ("code", "kind", "says"),
        [
            (None, "area_code_missing", "code field"),
            ("42080200101301", "area_code_malformed", "CJ/T 213"),
            ("420802001013", "area_code_malformed", "a cell has 15 digits"),
            ("420804001013001", "area_code_malformed", "not 420802"),
        ],
    )
    def test_are_named_for_their_codes(self, code: str | None, kind: str, says: str) -> None:
        layer = a_layer(
            ("420802001013001", strip(0, 1)),
            (code, strip(1, 2)),
            ("420802001013002", strip(2, 3)),
        )

        finding = only(build_draft([layer], CN), kind)

        assert (finding.severity, finding.feature) == (Severity.ERROR, 2)
        assert says in finding.en

    def test_are_named_for_all_that_is_wrong_with_them(self) -> None:
        draft = build_draft([a_layer(("a", strip(0, 1)), (None, Point(112, 31)))], FREE)

        assert {found.kind for found in draft.findings if found.feature == 2} >= {
            "geometry_not_areal",
            "area_code_missing",
        }

    def test_are_named_when_there_are_no_others(self) -> None:
        draft = build_draft([a_layer((None, None))], FREE)

        assert not draft.can_be_activated
        assert draft.areas == ()
        assert list(draft.counts.values()) == [0, 0, 0, 0]

    def test_of_one_code_make_no_false_gap(self) -> None:
        hole = strip(1, 2, 1, 2)
        around = strip(0, 3, 0, 3).difference(hole)
        layer = a_layer(("a", strip(3, 4)), ("b", around), ("a", hole))

        draft = build_draft([layer], FREE)

        assert only(draft, "area_code_duplicate").feature == 3
        assert not of_kind(draft, "gap")
        assert draft.counts[Level.CELL] == 2

    def test_contradicting_their_parent_are_named(self) -> None:
        layer = a_layer(("420802001013001", strip(0, 1), "420802001014"))

        assert "420802001014" in only(build_draft([layer], CN), "parent_contradicts_code").en

    def test_with_a_page_for_a_name_are_named(self) -> None:
        page = SourceFeature(number=1, code="a", name="x" * 201, parent=None, outline=strip(0, 1))
        layer = SourceLayer(file="cells.geojson", level=Level.CELL, features=(page,))

        assert "201 characters" in only(build_draft([layer], FREE), "name_too_long").en

    def test_without_names_are_counted(self) -> None:
        features = [
            SourceFeature(number=n, code=f"{n}", name=None, parent=None, outline=strip(n, n + 1))
            for n in (1, 2)
        ]
        layer = SourceLayer(file="cells.geojson", level=Level.CELL, features=tuple(features))

        draft = build_draft([layer], FREE)

        note = only(draft, "name_missing")
        assert (note.severity, note.feature) == (Severity.NOTE, 1)
        assert "2 features" in note.en
        assert [area.name for area in draft.areas if area.level is Level.CELL] == ["1", "2"]

    def test_that_were_repaired_are_named_with_the_reason(self) -> None:
        spike = Polygon(
            [
                (112, 31),
                (112.01, 31),
                (112.01, 31.01),
                (112.01, 31.02),
                (112.01, 31.01),
                (112, 31.01),
            ]
        )
        bow_tie = Polygon([(112.02, 31), (112.03, 31.01), (112.03, 31), (112.02, 31.01)])

        draft = build_draft([a_layer(("a", spike), ("b", bow_tie))], FREE)

        by_code = {finding.codes[0]: finding for finding in draft.repaired}
        assert by_code["a"].severity is Severity.NOTE
        assert by_code["b"].severity is Severity.WARNING
        assert by_code["b"].feature == 2
        assert "Self-intersection" in by_code["b"].en
        assert draft.can_be_activated
        assert draft.needs_acceptance


class TestBorders:
    def test_report_overlaps_with_place_area_and_winner(self) -> None:
        layer = a_layer(("small", strip(0, 1.1)), ("large", strip(1, 3)))

        draft = build_draft([layer], FREE)

        overlap = only(draft, "overlap")
        assert overlap.severity is Severity.WARNING
        assert set(overlap.codes) == {"small", "large"}
        assert overlap.area_m2 == pytest.approx(areas_m2([strip(1, 1.1)])[0], rel=0.01)
        assert overlap.lon is not None
        assert overlap.lat is not None
        assert strip(1, 1.1).covers(Point(overlap.lon, overlap.lat))
        assert "small takes it" in overlap.en
        assert draft.can_be_activated
        assert draft.needs_acceptance
        assert draft.faces[0].equals(strip(0, 1.1))
        assert draft.faces[1].equals(strip(1.1, 3))

    def test_report_gaps_that_stay_and_gaps_that_are_filled(self) -> None:
        ring = strip(0, 3, 0, 3)
        wide, thin = strip(1, 2, 1, 2), strip(0.5, 0.501, 0.5, 1.5)
        layer = a_layer(("a", ring.difference(wide).difference(thin)))

        draft = build_draft([layer], FREE)

        stays, filled = only(draft, "gap"), only(draft, "gap_filled")
        assert stays.area_m2 == pytest.approx(areas_m2([wide])[0], rel=0.01)
        assert filled.area_m2 == pytest.approx(areas_m2([thin])[0], rel=0.05)
        assert "lie in no cell" in stays.en
        assert "goes to a" in filled.en
        assert "In cell a is a gap" in stays.en
        assert draft.faces[0].equals(ring.difference(wide))

    def test_report_a_cell_that_others_cover(self) -> None:
        layer = a_layer(("a", strip(0, 1)), ("b", strip(0, 1)), ("c", strip(1, 2)))

        draft = build_draft([layer], FREE)

        lost = only(draft, "cell_vanished")
        assert (lost.severity, lost.feature) == (Severity.ERROR, 2)
        assert not draft.can_be_activated

    def test_total_by_kind(self) -> None:
        layer = a_layer(("a", strip(0, 1.1)), ("b", strip(1, 2.2)), ("c", strip(2, 3)))

        draft = build_draft([layer], FREE)

        count, area = draft.totals["overlap"]
        overlaps = of_kind(draft, "overlap")
        assert count == 2
        assert area == pytest.approx(sum(found.area_m2 or 0 for found in overlaps))
        assert (overlaps[0].area_m2 or 0) > (overlaps[1].area_m2 or 0)

    def test_total_ground_that_three_cover_once(self) -> None:
        layer = a_layer(*((code, strip(0, east)) for code, east in (("a", 1), ("b", 2), ("c", 4))))

        draft = build_draft([layer], FREE)

        assert draft.totals["overlap"][0] == 3
        ground = areas_m2([strip(0, 2)])[0]
        assert only(draft, "overlap_total").area_m2 == pytest.approx(ground, rel=1e-3)


class TestLevels:
    def test_report_a_cell_that_sticks_out_of_its_community(self) -> None:
        communities = a_layer(
            ("x", strip(0, 1)), ("y", strip(1, 2)), level=Level.COMMUNITY, file="c.geojson"
        )
        cells = a_layer(("1", strip(0, 1.2)), ("2", strip(1.2, 2)))

        draft = build_draft([communities, cells], FREE)

        outside = only(draft, "outside_parent")
        assert (outside.codes, outside.level) == (("1",), Level.CELL)
        assert outside.area_m2 == pytest.approx(areas_m2([strip(1, 1.2)])[0], rel=1e-6)
        assert outside.lon == pytest.approx(112.011)
        bare = only(draft, "without_cell")
        assert (bare.codes, bare.feature) == (("y",), 2)
        assert draft.needs_acceptance

    def test_let_small_differences_pass(self) -> None:
        communities = a_layer(
            ("x", strip(0, 1)), ("y", strip(1, 2)), level=Level.COMMUNITY, file="c.geojson"
        )
        cells = a_layer(("1", strip(0, 1.00005)), ("2", strip(1.00005, 2)))

        assert not build_draft([communities, cells], FREE).needs_acceptance

    def test_let_rounding_along_a_long_border_pass(self) -> None:
        ragged = Point(112.2, 31.1).buffer(0.2, quad_segs=5_000)
        district = a_layer(("d", ragged), level=Level.DISTRICT, file="district.geojson")

        draft = build_draft([district], FREE)

        rounded = areas_m2([ragged.difference(draft.faces[0])])[0]
        assert rounded > FREE.tolerance_m2
        assert not draft.needs_acceptance

    def test_report_an_area_without_children(self) -> None:
        communities = a_layer(
            ("x", strip(0, 1)), ("y", strip(1, 2)), level=Level.COMMUNITY, file="c.geojson"
        )

        draft = build_draft([communities, a_layer(("1", strip(0, 1)))], FREE)

        assert only(draft, "without_children").codes == ("y",)

    def test_report_a_cell_without_a_parent(self) -> None:
        communities = a_layer(("x", strip(0, 1)), level=Level.COMMUNITY, file="c.geojson")

        draft = build_draft([communities, a_layer(("1", strip(0, 1)), ("2", strip(7, 8)))], FREE)

        assert only(draft, "parent_missing").feature == 2
        assert draft.chain[Level.DISTRICT].tolist() == [0, -1]
        assert not draft.can_be_activated

    def test_refuse_one_code_at_two_levels(self) -> None:
        communities = a_layer(("1", strip(0, 1)), level=Level.COMMUNITY, file="c.geojson")

        draft = build_draft([communities, a_layer(("1", strip(0, 1)))], FREE)

        assert only(draft, "area_code_at_two_levels").severity is Severity.ERROR

    def test_refuse_two_districts(self) -> None:
        districts = a_layer(
            ("x", strip(0, 1)), ("y", strip(1, 2)), level=Level.DISTRICT, file="d.geojson"
        )

        draft = build_draft([districts], FREE)

        assert only(draft, "several_districts").codes == ("x", "y")

    def test_refuse_made_up_codes_that_no_table_holds(self) -> None:
        draft = build_draft([a_layer(("s" * 60, strip(0, 1)), level=Level.STREET)], FREE)

        assert {finding.level for finding in of_kind(draft, "area_code_too_long")} == {
            Level.COMMUNITY,
            Level.CELL,
        }

    def test_are_made_up_and_said_to_be(self) -> None:
        draft = build_draft([a_layer(("a", strip(0, 1)), ("b", strip(1, 2)))], FREE)

        made_up = {finding.level for finding in of_kind(draft, "level_made_up")}
        assert made_up == {Level.DISTRICT, Level.STREET, Level.COMMUNITY}
        assert {area.outline.equals(strip(0, 2)) for area in draft.areas[:3]} == {True}


def real_layer(file: str, level: Level, code_field: str) -> SourceLayer:
    features = json.loads((DATA / file).read_text("utf-8"))["features"]
    return SourceLayer(
        file=file,
        level=level,
        features=tuple(
            SourceFeature(
                number=number,
                code=feature["properties"][code_field],
                name=None,
                parent=None,
                outline=shape(feature["geometry"]),
            )
            for number, feature in enumerate(features, start=1)
        ),
    )


@pytest.fixture(scope="module")
def leeds() -> BoundaryDraft:
    files = (
        ("uk_E08000035_msoa.geojson", Level.STREET, "MSOA11CD"),
        ("uk_E08000035_lsoa.geojson", Level.COMMUNITY, "LSOA11CD"),
        ("uk_E08000035_oa.geojson", Level.CELL, "OA11CD"),
    )
    return build_draft(
        [real_layer(*each) for each in files],
        DraftOptions(scheme=CodeScheme.FREE, district_code="E08000035", district_name="Leeds"),
    )


@needs_data
class TestRealSets:
    def test_leeds_nests_completely(self, leeds: BoundaryDraft) -> None:
        assert list(leeds.counts.values()) == [1, 107, 482, 2_543]
        assert leeds.can_be_activated
        for level in LEVELS[:-1]:
            assert leeds.chain[level].min() == 0
            assert len(np.unique(leeds.chain[level])) == leeds.counts[level]

    def test_leeds_nests_as_the_ground_does(self, leeds: BoundaryDraft) -> None:
        communities = [area for area in leeds.areas if area.level is Level.COMMUNITY]
        own = np.array([communities[at].outline for at in leeds.chain[Level.COMMUNITY]])
        faces: list[Polygon | MultiPolygon] = leeds.faces

        outside = areas_m2(shapely.difference(np.array(faces), own))

        assert outside.max() < 100

    def test_leeds_has_its_repairs_named(self, leeds: BoundaryDraft) -> None:
        cells = [found for found in leeds.repaired if found.level is Level.CELL]

        assert len(cells) == 8
        assert len(leeds.repaired) == 11
        assert all(found.codes and found.feature for found in cells)

    def test_los_angeles_has_its_overlaps_and_gaps_totalled(self) -> None:
        layer = real_layer("la_nc_boundaries_2019.json", Level.CELL, "nc_id")

        draft = build_draft([layer], FREE)

        assert draft.counts[Level.CELL] == 99
        assert draft.needs_acceptance
        assert only(draft, "overlap_total").area_m2 == pytest.approx(24.8e6, rel=0.01)
        count, area = draft.totals["gap"]
        assert count > 10
        assert only(draft, "gap_total").area_m2 == pytest.approx(area)
        assert only(draft, "gap_total").en.startswith(f"{count} gaps that stay open")
        assert draft.totals["gap_filled"][0] > 1_000
        assert shapely.coverage_is_valid(draft.faces)
