"""One look over seeded scenes: what was seeded is found, and quiet ground gives what chance allows."""

import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest

from services.command.domain.warning.finding import UNKNOWN_CELL, Ground, Kind, Observed, Watch
from services.command.domain.warning.looking import look
from shared.kernel.ground_length import metres_per_degree
from tests.unit.command.domain.warning.scenes import CELLS, SIDE, borders_of_a_square

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAY_S = 86_400.0
CELL_M = 300.0
WEST, SOUTH = 112.2, 31.05
GROUND = Ground(
    version=1,
    cells=tuple(f"c{number:04}" for number in range(CELLS)),
    borders=borders_of_a_square(),
)
BY_CHANCE = (Kind.HOT_CELLS, Kind.CHANGE, Kind.BURST)


def observed_at(
    x_m: np.ndarray, y_m: np.ndarray, days_ago: np.ndarray, category: np.ndarray
) -> Observed:
    order = np.argsort(-days_ago)
    across_m, along_m = metres_per_degree(SOUTH)
    inside = (x_m >= 0) & (x_m < SIDE * CELL_M) & (y_m >= 0) & (y_m < SIDE * CELL_M)
    cell = (y_m // CELL_M * SIDE + x_m // CELL_M).astype(np.int64)
    return Observed(
        matter_nos=tuple(f"P{number:06}" for number in range(len(order))),
        categories=("01", "06"),
        category=category[order],
        cell=np.where(inside, cell, UNKNOWN_CELL)[order],
        lon=(WEST + x_m / across_m)[order],
        lat=(SOUTH + y_m / along_m)[order],
        at_s=-days_ago[order] * DAY_S,
    )


def quiet(seed: int, incidents: int = 4000) -> tuple[np.ndarray, ...]:
    """Return a year of incidents strewn at random, of two categories."""
    generator = np.random.default_rng(seed)
    x_m, y_m = generator.uniform(0, SIDE * CELL_M, (2, incidents))
    return x_m, y_m, generator.uniform(0, 364, incidents), generator.integers(0, 2, incidents)


def with_more(
    scene: tuple[np.ndarray, ...], count: int, *, spread_m: float, days: float, seed: int = 99
) -> Observed:
    """Return the scene with incidents of category 01 around its middle in the newest days."""
    generator = np.random.default_rng(seed)
    middle = SIDE * CELL_M / 2 + CELL_M / 2
    x_m, y_m, days_ago, category = scene
    return observed_at(
        np.append(x_m, middle + generator.uniform(-spread_m, spread_m, count)),
        np.append(y_m, middle + generator.uniform(-spread_m, spread_m, count)),
        np.append(days_ago, generator.uniform(0, days, count)),
        np.append(category, np.zeros(count, dtype=np.int64)),
    )


class TestLook:
    def test_finds_a_seeded_burst_and_names_its_matters(self) -> None:
        observed = with_more(quiet(1), 8, spread_m=70, days=3)

        [burst] = [f for f in look(observed, GROUND, Watch(), NOW) if f.kind is Kind.BURST]

        newest = {observed.matter_nos[each] for each in np.flatnonzero(observed.at_s > -3 * DAY_S)}
        assert burst.category == "01"
        assert len(burst.matter_nos) >= 8
        assert len(newest.intersection(burst.matter_nos)) >= 8
        assert burst.figures["p"] < 1e-4

    def test_finds_a_cell_that_changed(self) -> None:
        observed = with_more(quiet(2), 9, spread_m=140, days=6.9)

        found = [f for f in look(observed, GROUND, Watch(), NOW) if f.kind is Kind.CHANGE]

        middle = f"c{CELLS // 2 + SIDE // 2:04}"
        assert [change.cells for change in found] == [(middle,)]
        assert found[0].figures["count"] >= 9
        assert found[0].figures["expected"] < 0.5

    def test_finds_hot_cells_that_touch_together(self) -> None:
        observed = with_more(quiet(3), 40, spread_m=400, days=27)

        found = [f for f in look(observed, GROUND, Watch(), NOW) if f.kind is Kind.HOT_CELLS]

        assert len(found) == 1
        assert f"c{CELLS // 2 + SIDE // 2:04}" in found[0].cells
        assert found[0].figures["gi_star"] > 5

    def test_finds_an_address_that_reports_the_same_again(self) -> None:
        observed = with_more(quiet(4), 3, spread_m=4, days=80)

        found = [f for f in look(observed, GROUND, Watch(), NOW) if f.kind is Kind.REPEAT_ADDRESS]

        assert [len(address.matter_nos) for address in found] == [3]

    def test_raises_no_more_on_quiet_ground_than_the_rate_allows(self) -> None:
        rounds, alarms = 100, dict.fromkeys(BY_CHANCE, 0)
        for seed in range(rounds):
            findings = look(observed_at(*quiet(seed)), GROUND, Watch(), NOW)
            for kind in {finding.kind for finding in findings}.intersection(BY_CHANCE):
                alarms[kind] += 1

        # All are false, so that the rate is that of rounds with any; three deviations beside it.
        allowed = rounds * 0.05 + 3 * np.sqrt(rounds * 0.05 * 0.95)
        assert max(alarms.values()) <= allowed, alarms

    @pytest.mark.parametrize("incidents", [0, 1, 5])
    def test_says_nothing_of_hardly_anything(self, incidents: int) -> None:
        scene = observed_at(*quiet(5, incidents))

        assert look(scene, GROUND, Watch(), NOW) == []

    def test_does_without_cells(self) -> None:
        bare = Ground(version=0, cells=(), borders=np.empty((0, 2), dtype=np.int64))
        full = with_more(quiet(6), 8, spread_m=70, days=3)
        observed = Observed(
            **{name: getattr(full, name) for name in Observed.__slots__ if name != "cell"},
            cell=np.full(len(full.matter_nos), UNKNOWN_CELL),
        )

        kinds = {finding.kind for finding in look(observed, bare, Watch(), NOW)}

        assert Kind.BURST in kinds
        assert kinds.isdisjoint({Kind.HOT_CELLS, Kind.CHANGE})


def test_scipy_is_loaded_by_the_first_look_and_not_with_the_service() -> None:
    loaded = "import services.command.service, sys; sys.exit('scipy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0
