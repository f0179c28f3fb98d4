"""Hot cells against esda, which does the same in its own way, and against chance."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.stats import norm, pearson3

from services.command.domain.warning.adjacency import neighbourhoods, patches
from services.command.domain.warning.false_discoveries import discovered
from services.command.domain.warning.hot_cells import gi_star, heat, upper_tail
from tests.unit.command.domain.warning.scenes import CELLS, SIDE, borders_of_a_square

NEAR = neighbourhoods(CELLS, borders_of_a_square())
SMALL = neighbourhoods(25, borders_of_a_square(5))


def esda_gi_star(counts: NDArray[Any], borders: NDArray[np.int64]) -> NDArray[np.float64]:
    from esda.getisord import G_Local
    from libpysal.weights import W

    beside: dict[int, set[int]] = {cell: {cell} for cell in range(len(counts))}
    for one, other in borders.tolist():
        beside[one].add(other)
        beside[other].add(one)
    weights = W({cell: sorted(near) for cell, near in beside.items()}, silence_warnings=True)
    # Otherwise it makes rows of weights that sum to one: another statistic.
    return np.asarray(G_Local(counts, weights, transform="B", star=None, permutations=0).Zs)


class TestGiStar:
    def test_is_what_esda_says(self) -> None:
        counts = np.random.default_rng(1).poisson(0.7, CELLS).astype(float)

        ours = gi_star(counts, NEAR)

        theirs = esda_gi_star(counts, borders_of_a_square())
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)

    @given(arrays(np.int64, 25, elements=st.integers(0, 1000)))
    def test_is_what_esda_says_whatever_is_counted(self, counts: NDArray[np.int64]) -> None:
        if np.ptp(counts) == 0:
            assert gi_star(counts, SMALL).tolist() == [0.0] * 25
            return
        theirs = esda_gi_star(counts.astype(float), borders_of_a_square(5))
        np.testing.assert_allclose(gi_star(counts, SMALL), theirs, rtol=1e-9, atol=1e-9)

    @given(
        arrays(np.int64, (25, 3), elements=st.integers(0, 50)),
        st.integers(1, 9),
        st.integers(-20, 20),
    )
    def test_does_not_depend_on_the_unit_or_on_what_is_counted_everywhere(
        self, counts: NDArray[np.int64], times: int, more: int
    ) -> None:
        np.testing.assert_allclose(
            gi_star(counts * times + more, SMALL), gi_star(counts, SMALL), atol=1e-6
        )

    def test_takes_many_countings_at_once(self) -> None:
        counts = np.random.default_rng(2).poisson(0.7, (CELLS, 3))

        together = gi_star(counts, NEAR)

        for number in range(3):
            np.testing.assert_allclose(together[:, number], gi_star(counts[:, number], NEAR))

    @pytest.mark.parametrize("cells", [0, 1, 2])
    def test_says_nothing_where_there_is_nothing_to_compare(self, cells: int) -> None:
        near = neighbourhoods(cells, np.array([[0, 1]] if cells == 2 else []).astype(np.int64))

        assert gi_star(np.arange(cells), near).tolist() == [0.0] * cells
        assert heat(np.arange(cells), near).p.tolist() == [1.0] * cells

    def test_counts_a_border_given_twice_once(self) -> None:
        borders = borders_of_a_square(5)

        twice = neighbourhoods(25, np.concatenate([borders, borders[:, ::-1]]))

        assert (twice != SMALL).nnz == 0


class TestHeat:
    def test_has_the_tail_that_permuting_gives(self) -> None:
        """The normal tail is far too thin for rare counts; a million permutations are the measure."""
        generator = np.random.default_rng(3)
        counts = generator.poisson(0.3, CELLS)
        most = CELLS // 9 * 9
        sums = np.concatenate(
            [generator.permutation(counts)[:most].reshape(-1, 9).sum(axis=1) for _ in range(3000)]
        )
        inner = SIDE + 1  # has eight neighbours
        for least in (5, 7, 9):
            placed = _with_sum_around(counts, inner, least)
            said = heat(placed, NEAR)
            share = np.mean(sums >= least)
            assert said.p[inner] == pytest.approx(share, rel=0.4)
            assert norm.sf(said.z[inner]) < said.p[inner] / 1.5

    def test_calls_no_more_hot_on_quiet_ground_than_the_rate_allows(self) -> None:
        generator = np.random.default_rng(4)
        alarms = [
            discovered(heat(generator.poisson(0.5, CELLS), NEAR).p, 0.05).any() for _ in range(400)
        ]

        # All are false, so that rate is of the rounds that have any: 0.05, and three deviations.
        assert np.mean(alarms) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)

    def test_finds_a_seeded_hot_place_and_where_it_ends(self) -> None:
        counts = np.random.default_rng(5).poisson(0.5, (SIDE, SIDE))
        counts[10:13, 20:23] += 5

        hot = discovered(heat(counts.ravel(), NEAR).p, 0.05)

        numbers = np.arange(CELLS).reshape(SIDE, SIDE)
        assert hot[numbers[10:13, 20:23]].all()
        found = patches(hot, NEAR)
        assert len(set(found[numbers[10:13, 20:23]].ravel().tolist())) == 1
        assert not np.delete(hot.reshape(SIDE, SIDE), slice(8, 15), axis=0).any()

    @given(arrays(np.int64, (25, 2), elements=st.integers(0, 9)))
    def test_is_a_probability_and_less_where_it_is_hotter(self, counts: NDArray[np.int64]) -> None:
        said = heat(counts, SMALL)

        assert ((said.p >= 0) & (said.p <= 1)).all()
        assert (said.p[said.z <= 0] == 1).all()
        sizes = np.diff(SMALL.indptr)
        inner = sizes == 9
        for number in range(2):
            order = np.argsort(said.z[inner, number])
            assert (np.diff(said.p[inner, number][order]) <= 1e-12).all()

    @pytest.mark.parametrize("skewness", [-1.5, -0.2, 0.0, 0.2, 1.5])
    def test_has_the_tail_of_pearson_s_third_type(self, skewness: float) -> None:
        z = np.linspace(-3, 6, 40)

        ours = upper_tail(z, np.full(40, skewness))

        np.testing.assert_allclose(ours, pearson3(skewness).sf(z), rtol=1e-3, atol=1e-9)


class TestPatches:
    def test_joins_what_touches_and_nothing_else(self) -> None:
        chosen = np.zeros(25, dtype=bool)
        chosen[[0, 6, 4, 24]] = True  # 0 and 6 touch at a corner

        found = patches(chosen, SMALL)

        assert found[0] == found[6]
        assert len({found[0], found[4], found[24]}) == 3
        assert (found[~chosen] == -1).all()


def _with_sum_around(counts: NDArray[np.int64], cell: int, wanted: int) -> NDArray[np.int64]:
    """Return the same counts in another order, so that those around a cell sum to as many."""
    around = NEAR[[cell]].indices
    ones, rest = np.flatnonzero(counts == 1), np.flatnonzero(counts == 0)
    inside = np.concatenate([ones[:wanted], rest[: max(len(around) - wanted, 0)]])
    outside = np.setdiff1d(np.arange(CELLS), inside)
    placed = np.empty_like(counts)
    placed[around] = counts[inside]
    placed[np.setdiff1d(np.arange(CELLS), around)] = counts[outside]
    return placed
