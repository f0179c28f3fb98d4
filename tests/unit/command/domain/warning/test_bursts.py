"""Bursts against scikit-learn's DBSCAN and against a plain look at every pair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.cluster import DBSCAN

from services.command.domain.warning.bursts import NO_BURST, bursts, near_pairs, past_near
from services.command.domain.warning.ground import on_plane

HOUR_S = 3600.0
WEEK_S = 7 * 24 * HOUR_S
PLACES = st.integers(0, 12)
INCIDENTS = st.lists(st.tuples(PLACES, PLACES, PLACES), max_size=60)


def strewn(
    generator: np.random.Generator, incidents: int, side_m: float = 10_000
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    x_m, y_m = generator.uniform(0, side_m, (2, incidents))
    return x_m, y_m, generator.uniform(0, 52 * WEEK_S, incidents)


def by_scikit_learn(pairs: NDArray[np.int64], incidents: int, least: int) -> NDArray[np.int64]:
    """Return what DBSCAN makes of given neighbours; stored distances are the neighbours."""
    one, other = np.concatenate([pairs, pairs[:, ::-1]]).T
    near = csr_array((np.ones(len(one)), (one, other)), shape=(incidents, incidents))
    return np.asarray(
        DBSCAN(eps=1.5, min_samples=least, metric="precomputed").fit(near).labels_, dtype=np.int64
    )


class TestNearPairs:
    @given(INCIDENTS, st.integers(1, 6), st.integers(1, 6))
    def test_are_all_that_are_near_in_space_and_in_time(
        self, incidents: list[tuple[int, int, int]], radius: int, within: int
    ) -> None:
        x, y, at = np.array(incidents, dtype=np.float64).reshape(-1, 3).T

        pairs = near_pairs(x, y, at, radius_m=radius, within_s=within)

        wanted = {
            (i, j)
            for i in range(len(x))
            for j in range(i + 1, len(x))
            if (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 <= radius**2 and abs(at[i] - at[j]) <= within
        }
        assert sorted(map(tuple, np.sort(pairs, axis=1).tolist())) == sorted(wanted)

    def test_leave_time_aside_when_told_to(self) -> None:
        x, y, at = strewn(np.random.default_rng(1), 500, side_m=1000)

        never = near_pairs(x, y, at, radius_m=80, within_s=np.inf)
        always = near_pairs(x, y, at, radius_m=80, within_s=1e12)

        assert sorted(map(tuple, np.sort(never, 1))) == sorted(map(tuple, np.sort(always, 1)))


class TestBursts:
    @pytest.mark.parametrize("seed", range(5))
    def test_are_those_of_scikit_learn_where_time_is_left_aside(self, seed: int) -> None:
        x, y, at = strewn(np.random.default_rng(seed), 4000)

        pairs = near_pairs(x, y, at, radius_m=120, within_s=np.inf)
        ours = bursts(pairs, len(x), least=4)

        theirs = DBSCAN(eps=120, min_samples=4).fit(np.column_stack([x, y])).labels_
        assert ours.max() > 10
        assert ours.tolist() == theirs.tolist()

    @given(INCIDENTS, st.integers(1, 5), st.integers(1, 6), st.integers(1, 6))
    def test_are_those_of_scikit_learn_with_the_same_neighbours(
        self, incidents: list[tuple[int, int, int]], least: int, radius: int, within: int
    ) -> None:
        x, y, at = np.array(incidents, dtype=np.float64).reshape(-1, 3).T
        pairs = near_pairs(x, y, at, radius_m=radius, within_s=within)

        ours = bursts(pairs, len(x), least=least)

        if len(x) == 0:
            assert ours.size == 0
        else:
            assert ours.tolist() == by_scikit_learn(pairs, len(x), least).tolist()

    def test_are_found_where_seeded_and_nowhere_on_quiet_ground(self) -> None:
        generator = np.random.default_rng(7)
        x, y, at = strewn(generator, 2000)
        x = np.append(x, 5000 + generator.uniform(-60, 60, 6))
        y = np.append(y, 5000 + generator.uniform(-60, 60, 6))
        at = np.append(at, 20 * WEEK_S + generator.uniform(0, 48 * HOUR_S, 6))

        pairs = near_pairs(x, y, at, radius_m=200, within_s=WEEK_S)
        found = bursts(pairs, len(x), least=5)

        assert (found[-6:] == 0).all()
        assert (found[:-6] == NO_BURST).sum() >= 1998


class TestPastNear:
    def test_counts_what_lay_within_the_radius(self) -> None:
        near = past_near(
            np.array([0.0, 500.0]),
            np.array([0.0, 0.0]),
            np.array([3.0, -4.0, 6.0, 100.0]),
            np.array([4.0, -3.0, 0.0, 0.0]),
            radius_m=5,
        )

        assert near.tolist() == [2, 0]

    def test_counts_nothing_where_there_is_no_past(self) -> None:
        none = np.empty(0)

        assert past_near(np.zeros(2), np.zeros(2), none, none, radius_m=5).tolist() == [0, 0]
        assert past_near(none, none, none, none, radius_m=5).size == 0


class TestOnPlane:
    def test_keeps_distances_of_a_district(self) -> None:
        from pyproj import Geod

        generator = np.random.default_rng(9)
        lon, lat = generator.uniform(112.0, 112.4, 200), generator.uniform(30.9, 31.3, 200)

        x, y = on_plane(lon, lat)

        _, _, metres = Geod(ellps="WGS84").inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
        np.testing.assert_allclose(np.hypot(np.diff(x), np.diff(y)), metres, rtol=3e-3)

    def test_of_nothing_is_nothing(self) -> None:
        assert [each.size for each in on_plane(np.empty(0), np.empty(0))] == [0, 0]
