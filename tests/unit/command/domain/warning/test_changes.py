"""Cells against their own past: exact for Poisson counts, and quiet where nothing changed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom, nbinom

from services.command.domain.warning.changes import changes
from services.command.domain.warning.excess import chance_of_as_many, clumping_of
from services.command.domain.warning.false_discoveries import discovered


class TestChanceOfAsMany:
    @given(st.integers(1, 60), st.integers(0, 900), st.integers(1, 60))
    def test_is_the_conditional_test_of_two_counts(
        self, observed: int, past: int, spans: int
    ) -> None:
        exact = binom.sf(observed - 1, observed + past, 1 / (spans + 1))

        assert chance_of_as_many(observed, past, spans) == pytest.approx(exact, rel=1e-9)

    @given(st.integers(1, 60), st.integers(0, 900), st.integers(1, 60), st.floats(0, 2))
    def test_is_the_tail_of_a_negative_binomial_of_the_variance_asked_for(
        self, observed: int, past: int, spans: int, clumping: float
    ) -> None:
        mean = (past + 1) / spans
        variance = mean * (1 + clumping * mean) * (1 + 1 / spans)
        tail = nbinom.sf(observed - 1, mean**2 / (variance - mean), mean / variance)

        said = chance_of_as_many(observed, past, spans, clumping)

        assert said == pytest.approx(tail, rel=1e-6)

    @given(st.integers(1, 60), st.integers(0, 900), st.integers(1, 60))
    def test_falls_with_what_is_seen_and_rises_with_what_was(
        self, observed: int, past: int, spans: int
    ) -> None:
        here = chance_of_as_many(observed, past, spans)

        assert chance_of_as_many(observed + 1, past, spans) <= here
        assert chance_of_as_many(observed, past + 1, spans) >= here

    def test_is_one_where_nothing_was_seen(self) -> None:
        assert chance_of_as_many([0, 0], [0, 5], 10).tolist() == [1.0, 1.0]


class TestClumpingOf:
    def test_is_nothing_of_poisson_counts_however_rare(self) -> None:
        rates = np.random.default_rng(1).gamma(0.5, 0.4, (12_000, 1))
        counts = np.random.default_rng(1).poisson(rates, (12_000, 51)).astype(float)

        assert clumping_of(counts) == pytest.approx(0.0, abs=0.02)

    def test_tells_how_much_more_counts_vary(self) -> None:
        generator = np.random.default_rng(2)
        rates = generator.gamma(0.5, 2.0, (4_000, 1)) * generator.gamma(2.0, 0.5, (4_000, 51))
        counts = generator.poisson(rates).astype(float)

        assert clumping_of(counts) == pytest.approx(0.5, rel=0.1)

    @pytest.mark.parametrize("counts", [np.zeros((3, 5)), np.ones((3, 1)), np.empty((0, 5))])
    def test_is_nothing_where_nothing_tells(self, counts: NDArray[np.float64]) -> None:
        assert clumping_of(counts) == 0.0


class TestChanges:
    def test_compares_the_newest_days_with_whole_spans_before(self) -> None:
        daily = np.zeros((2, 30), dtype=np.int32)
        daily[0, :2] = 9  # no whole week
        daily[0, 2::7] = 1
        daily[1, -7:] = 2

        found = changes(daily, span_days=7)

        assert found.spans == 3
        assert found.observed.tolist() == [1, 14]
        assert found.expected.tolist() == [1.0, 0.0]
        assert found.p[1] < 1e-4 < 0.5 < found.p[0]

    def test_refuses_what_has_no_past(self) -> None:
        with pytest.raises(ValueError, match="no two spans"):
            changes(np.zeros((3, 13), dtype=np.int32))

    @pytest.mark.parametrize("spread", ["poisson", "more than poisson"])
    def test_calls_no_more_changed_on_quiet_ground_than_the_rate_allows(self, spread: str) -> None:
        generator = np.random.default_rng(3)
        alarms = []
        for _ in range(200):
            rate = generator.gamma(0.5, 0.2, (400, 1))
            if spread == "poisson":
                daily = generator.poisson(rate, (400, 182))
            else:
                weekly = generator.gamma(2.0, 0.5, (400, 26)).repeat(7, axis=1)
                daily = generator.poisson(rate * weekly)
            alarms.append(discovered(changes(daily).p, 0.05).any())

        assert np.mean(alarms) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)

    def test_finds_a_seeded_change_among_busy_and_quiet_cells(self) -> None:
        generator = np.random.default_rng(4)
        daily = generator.poisson(generator.gamma(0.5, 0.2, (1000, 1)), (1000, 365))
        daily[123, -7:] = daily[123, :-7].mean() + 3

        found = np.flatnonzero(discovered(changes(daily).p, 0.05))

        assert 123 in found
        assert len(found) <= 3
