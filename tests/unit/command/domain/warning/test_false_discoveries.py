"""Adjusting for many tests, against scipy's own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from services.command.domain.warning.false_discoveries import adjusted, discovered

PROBABILITIES = arrays(
    np.float64, array_shapes(max_dims=2, max_side=40), elements=st.floats(0, 1, width=32)
)


class TestAdjusted:
    @given(PROBABILITIES)
    def test_is_what_scipy_says(self, p: NDArray[np.float64]) -> None:
        np.testing.assert_allclose(adjusted(p), false_discovery_control(p.ravel()).reshape(p.shape))

    def test_of_none_is_none(self) -> None:
        assert adjusted(np.empty(0)).size == 0
        assert discovered(np.empty(0), 0.05).size == 0


class TestDiscovered:
    @given(PROBABILITIES, st.sampled_from([0.01, 0.05, 0.2]))
    def test_are_those_adjusted_to_the_rate(self, p: NDArray[np.float64], rate: float) -> None:
        by_adjusting = adjusted(p)
        clear = np.abs(by_adjusting - rate) > 1e-12  # not told apart by rounding alone

        assert (discovered(p, rate) == (by_adjusting <= rate))[clear].all()
