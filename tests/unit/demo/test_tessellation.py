"""The tessellation divides any outline exactly, whatever the count, the seed and the shape."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from deploy.demo.tessellation import tessellate
from shared.kernel.errors import Invalid
from tests.unit.demo.exactness import directed_edges, doubled_area, gap_to, outer_edges, units

EL = Polygon([(112, 31), (112.4, 31), (112.4, 31.1), (112.1, 31.1), (112.1, 31.5), (112, 31.5)])
COMB = (
    box(112, 31, 112.5, 31.2) - box(112.02, 31.02, 112.28, 31.2) - box(112.3, 31.02, 112.48, 31.2)
)
TEETH = box(112, 31, 112.5, 31.3) - shapely.union_all(
    [box((11201 + 4 * n) / 100, 31.01, (11204 + 4 * n) / 100, 31.3) for n in range(12)]
)
SLANTED = Polygon([(112, 31), (112.317, 31.143), (112.119, 31.391)])
LAKE = Polygon(box(112, 31, 112.3, 31.3).exterior, [box(112.1, 31.1, 112.21, 31.17).exterior])


def star(corners: int, digits: int, radii: tuple[float, float], seed: int = 0) -> Polygon:
    radius = np.random.default_rng(seed).uniform(*radii, corners)
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    x, y = 112 + radius * np.cos(angles), 31 + radius * np.sin(angles)
    return Polygon(zip(x.round(digits), y.round(digits), strict=True))


SPIKES = star(121, 4, (0.02, 0.3))


@st.composite
def outlines(draw: st.DrawFn) -> Polygon:
    """Stars of 3 to 12 corners, some on a coarse grid and some on the grid of 1e-7 degrees."""
    corners = draw(st.integers(3, 12))
    digits = draw(st.sampled_from([3, 7]))
    radii = np.array(draw(st.lists(st.floats(0.02, 0.3), min_size=corners, max_size=corners)))
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    x, y = 112 + radii * np.cos(angles), 31 + radii * np.sin(angles)
    return Polygon(zip(x.round(digits), y.round(digits), strict=True))


class TestTessellate:
    @settings(max_examples=60, deadline=None)
    @given(outline=outlines(), count=st.integers(1, 60), seed=st.integers(0, 2**32))
    def test_covers_each_place_of_the_outline_once(
        self, outline: Polygon, count: int, seed: int
    ) -> None:
        cells = tessellate(outline, count, seed=seed)

        assert len(cells) == count
        assert gap_to(outline, outer_edges(cells)) < 1

    @pytest.mark.parametrize(
        "outline",
        [EL, COMB, TEETH, SLANTED, LAKE, SPIKES],
        ids=["bent", "comb", "teeth", "slanted", "lake", "spikes"],
    )
    @pytest.mark.parametrize("count", [1, 2, 7, 500])
    def test_meets_an_outline_on_a_coarse_grid_without_moving_it(
        self, outline: Polygon, count: int
    ) -> None:
        cells = tessellate(outline, count)

        edges = outer_edges(cells)
        assert len(cells) == count
        assert doubled_area(edges) == doubled_area(directed_edges(outline))
        assert gap_to(outline, edges) < 1e-6

    @pytest.mark.parametrize("seed", range(8))
    def test_draws_again_when_rounding_lets_lines_meet(self, seed: int) -> None:
        outline = star(200, 7, (2e-5, 3e-4), seed)  # spikes some centimetres wide

        cells = tessellate(outline, 30, seed=seed)

        assert len(cells) == 30
        assert gap_to(outline, outer_edges(cells)) < 1

    def test_draws_again_when_a_border_crosses_another(self) -> None:
        outline = star(400, 7, (0.007, 0.1), seed=578666)  # found among 231 stars tried

        cells = tessellate(outline, 60, seed=578666)

        assert len(cells) == 60
        assert gap_to(outline, outer_edges(cells)) < 1

    def test_accepts_an_outline_with_repeated_points(self) -> None:
        repeated = Polygon([(112, 31), (112, 31), (112.1, 31), (112.1, 31.1), (112.1, 31.1 + 1e-8)])

        cells = tessellate(repeated, 9)

        assert gap_to(Polygon([(112, 31), (112.1, 31), (112.1, 31.1)]), outer_edges(cells)) < 1

    def test_is_the_same_for_the_same_seed_and_another_for_another(self) -> None:
        assert tessellate(EL, 20, seed=3) == tessellate(EL, 20, seed=3)
        assert tessellate(EL, 20, seed=3) != tessellate(EL, 20, seed=4)

    def test_bends_borders_as_much_as_real_ones(self) -> None:
        vertices = [len(ring) - 1 for cell in tessellate(EL, 400) for ring in units(cell)]

        assert 15 <= sum(vertices) / 400 <= 40

    def test_leaves_no_sliver(self) -> None:
        cells = np.array(tessellate(EL, 400))

        roundness = 4 * np.pi * shapely.area(cells) / shapely.length(cells) ** 2
        assert roundness.min() > 0.15
        assert shapely.area(cells).min() > EL.area / 400 / 6

    def test_makes_cells_smaller_where_density_is_higher(self) -> None:
        cells = np.array(
            tessellate(
                box(112, 31, 113, 32), 800, density=lambda x, y: np.where(x < 112.5, 9.0, 1.0)
            )
        )

        west = shapely.get_x(shapely.centroid(cells)) < 112.5
        assert shapely.area(cells[~west]).mean() > 5 * shapely.area(cells[west]).mean()

    @pytest.mark.parametrize(
        ("outline", "count", "code"),
        [
            (EL, 0, "no_cells"),
            (Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), 5, "invalid_outline"),
            (Polygon(), 5, "invalid_outline"),
            (MultiPolygon([EL]), 5, "invalid_outline"),
            (box(112, 31, 112.0001, 31.0001), 200, "outline_too_small"),
            (Polygon([(112, 31), (112.1, 31), (112.05, 31 + 2e-8)]), 5, "outline_too_intricate"),
            (star(700, 7, (1e-5, 1e-4), seed=5), 20, "outline_too_intricate"),
        ],
    )
    def test_refuses_what_cannot_be_divided(self, outline: Polygon, count: int, code: str) -> None:
        with pytest.raises(Invalid) as refusal:
            tessellate(outline, count)

        assert refusal.value.code == code
        assert refusal.value.zh
        assert refusal.value.en
