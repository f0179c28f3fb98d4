"""What becomes of codes between two boundary versions."""

import pytest
from shapely import Polygon, box

from services.grid.domain.area import Area, Level
from services.grid.domain.code_lineage import CodeChange, Fate, Lineage, code_lineage

STEP = 0.01


def strip(west: float, east: float) -> Polygon:
    return box(112 + west * STEP, 31.0, 112 + east * STEP, 31.0 + STEP)


def a_cell(code: str, west: float, east: float, name: str | None = None) -> Area:
    return Area(
        level=Level.CELL, code=code, name=name or code, parent_code=None, outline=strip(west, east)
    )


def change_of(lineage: Lineage, code: str) -> CodeChange:
    [change] = [change for change in lineage.changes if change.code == code]
    return change


class TestCodeLineage:
    def test_leaves_what_did_not_move(self) -> None:
        before = [a_cell("a", 0, 1), a_cell("b", 1, 2, "old"), a_cell("c", 2, 3)]
        after = [a_cell("a", 0, 1), a_cell("b", 1, 2, "new"), a_cell("c", 2, 3.0001)]

        lineage = code_lineage(before, after)

        fates = {change.code: change.fate for change in lineage.changes}
        assert fates == {"a": Fate.UNCHANGED, "b": Fate.RENAMED, "c": Fate.UNCHANGED}
        assert lineage.counts[Fate.UNCHANGED] == 2
        assert not lineage.findings

    def test_tells_which_codes_a_split_area_goes_to_largest_first(self) -> None:
        lineage = code_lineage([a_cell("a", 0, 10)], [a_cell("b", 0, 3), a_cell("c", 3, 10)])

        assert change_of(lineage, "a").fate is Fate.REPLACED
        assert change_of(lineage, "a").successors == ("c", "b")
        assert change_of(lineage, "b").fate is Fate.APPEARED
        assert change_of(lineage, "b").predecessors == ("a",)

    def test_tells_which_codes_were_merged_largest_first(self) -> None:
        lineage = code_lineage([a_cell("a", 0, 1), a_cell("b", 1, 10)], [a_cell("c", 0, 10)])

        assert change_of(lineage, "a").successors == ("c",)
        assert change_of(lineage, "b").successors == ("c",)
        assert change_of(lineage, "c").predecessors == ("b", "a")

    def test_links_a_small_part_of_a_large_area_that_is_all_of_the_new_one(self) -> None:
        parts = [a_cell(f"part-{number}", number, number + 1) for number in range(20)]

        lineage = code_lineage([a_cell("a", 0, 20)], parts)

        assert len(change_of(lineage, "a").successors) == 20

    def test_does_not_take_a_shifted_border_for_a_succession(self) -> None:
        before = [a_cell("a", 0, 5), a_cell("b", 5, 10)]
        after = [a_cell("a", 0, 5.1), a_cell("b", 5.1, 10)]

        lineage = code_lineage(before, after)

        assert change_of(lineage, "a").fate is Fate.RESHAPED
        assert change_of(lineage, "a").successors == ()
        assert change_of(lineage, "b").predecessors == ()

    def test_tells_what_vanished_and_what_appeared_on_new_ground(self) -> None:
        lineage = code_lineage([a_cell("a", 0, 1)], [a_cell("b", 5, 6)])

        assert change_of(lineage, "a").fate is Fate.VANISHED
        assert change_of(lineage, "b").fate is Fate.APPEARED
        assert change_of(lineage, "b").predecessors == ()

    def test_warns_of_a_code_given_to_other_ground(self) -> None:
        lineage = code_lineage(
            [a_cell("a", 0, 1, "塔影"), a_cell("b", 1, 2)], [a_cell("b", 0, 1, "龙泉")]
        )

        [finding] = lineage.findings
        assert finding.kind == "area_code_reused"
        assert finding.codes == ("b",)
        assert change_of(lineage, "b").fate is Fate.REUSED
        assert change_of(lineage, "a").successors == ("b",)

    @pytest.mark.parametrize(("west", "warned"), [(5.0, True), (0.2, False)])
    def test_warns_of_a_retired_code_that_comes_back_for_other_ground(
        self, west: float, warned: bool
    ) -> None:
        lineage = code_lineage(
            [a_cell("a", 0, 1)], [a_cell("z", west, west + 1)], retired=[a_cell("z", 0, 1)]
        )

        assert [finding.codes for finding in lineage.findings] == ([("z",)] if warned else [])

    def test_does_not_call_growth_or_shrinkage_reuse(self) -> None:
        grown = code_lineage([a_cell("a", 0, 1)], [a_cell("a", 0, 10)])
        shrunk = code_lineage([a_cell("a", 0, 10)], [a_cell("a", 0, 1)])

        assert change_of(grown, "a").fate is change_of(shrunk, "a").fate is Fate.RESHAPED

    def test_answers_for_an_empty_first_version(self) -> None:
        lineage = code_lineage([], [a_cell("a", 0, 1)])

        assert change_of(lineage, "a").fate is Fate.APPEARED

    def test_keeps_levels_apart(self) -> None:
        street = Area(level=Level.STREET, code="s", name="s", parent_code=None, outline=strip(0, 1))

        lineage = code_lineage([street], [a_cell("a", 0, 1)])

        assert change_of(lineage, "s").fate is Fate.VANISHED
        assert change_of(lineage, "a").predecessors == ()
