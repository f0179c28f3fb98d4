"""Early warning over a year: hot cells, bursts and changes beside esda and scikit-learn, in one run.

    python -m deploy.bench.warning

12,000 cells, 365 days, 100,000 incidents. Ours and theirs take turns; medians. The ratios say how
many times faster ours is: at Gi* of one counting with its probabilities, at bursts with time left
aside, which is all that DBSCAN does, and a whole round (counting, hot cells, bursts, changes, false
discoveries) against esda's Gi* alone. What esda and scikit-learn find differently is counted, and has
to be nothing. The figures `…_every_day` are for the same looked at for each day of the year.
"""

import statistics
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from deploy.bench.report import show, write
from deploy.bench.warning_scene import CELLS, DAY_S, DAYS, Scene, scene
from services.command.domain.warning.bursts import bursts, near_pairs
from services.command.domain.warning.changes import changes
from services.command.domain.warning.excess import chance_of_as_many, clumping_of
from services.command.domain.warning.false_discoveries import discovered
from services.command.domain.warning.hot_cells import gi_star, heat

TURNS = 7
RATE = 0.05
HOT_DAYS, SPAN_DAYS = 28, 7
RADIUS_M, WITHIN_S, LEAST = 200.0, 7 * DAY_S, 5
# With time left aside incidents of a year lie everywhere within 200 m.
RADIUS_ALONE_M = 50.0


def main(arguments: Sequence[str] = ()) -> int:
    """Measure, print the table, write `var/bench/warning.json`; return the exit code."""
    year = scene()
    near, daily = year.near(), year.daily()
    recent = daily[:, -HOT_DAYS:].sum(axis=1)
    place = np.column_stack([year.x_m, year.y_m])
    weights, own_weights = esda_weights(near, star=False), esda_weights(near, star=True)
    ways: dict[str, Callable[[], Any]] = {
        "round": lambda: one_round(year, near),
        "counting": year.daily,
        "gi": lambda: heat(recent, near),
        "gi_alone": lambda: gi_star(recent, near),
        "bursts": lambda: _bursts(year, RADIUS_M, WITHIN_S),
        "bursts_time_aside": lambda: _bursts(year, RADIUS_ALONE_M, np.inf),
        "changes": lambda: discovered(changes(daily, span_days=SPAN_DAYS).p, RATE),
        "adjacency": year.near,
        "gi_every_day": lambda: gi_star(daily, near),
        "changes_every_day": lambda: changes_every_day(daily),
        "esda": lambda: esda_gi_star(recent, weights, star=True),
        "esda_own_weights": lambda: esda_gi_star(recent, own_weights, star=None),
        "sklearn": lambda: sklearn_bursts(place),
    }
    seconds, answers = in_turns(ways)
    counts = {
        "gi_differences": _unlike(answers["gi"].z, answers["esda"]),
        "burst_differences": int((answers["bursts_time_aside"] != answers["sklearn"]).sum()),
        "bursts_found": int(answers["bursts"].max()) + 1,
        "incidents": len(year.cell),
    }
    ratios = {
        "gi_vs_esda": seconds["esda"] / seconds["gi"],
        "bursts_vs_sklearn": seconds["sklearn"] / seconds["bursts_time_aside"],
        "total_vs_esda_gi": seconds["esda"] / seconds["round"],
    }
    figures = {f"{name}_s": taken for name, taken in seconds.items()}
    figures["total_s"] = seconds["round"]
    figures["total_every_day_s"] = sum(
        seconds[name] for name in ("counting", "gi_every_day", "bursts", "changes_every_day")
    )
    path = write("warning", ratios=ratios, figures=figures, counts=counts)
    rows = [[name, f"{value:,.4g}"] for name, value in (ratios | figures | counts).items()]
    title = f"{CELLS:,} cells, {DAYS} days, {len(year.cell):,} incidents, medians of {TURNS} turns"
    show(title, ["what", "value"], rows)
    sys.stdout.write(f"{path}\n")
    return 1 if counts["gi_differences"] or counts["burst_differences"] else 0


def one_round(year: Scene, near: csr_array) -> tuple[Any, ...]:
    """Do what one round of early warning does, from incidents to what is more than chance."""
    daily = year.daily()
    hot = discovered(heat(daily[:, -HOT_DAYS:].sum(axis=1), near).p, RATE)
    changed = discovered(changes(daily, span_days=SPAN_DAYS).p, RATE)
    return hot, changed, _bursts(year, RADIUS_M, WITHIN_S)


def changes_every_day(daily: np.ndarray) -> np.ndarray:
    """Tell for each day which cells' last week stood out from all days before that week."""
    total = np.zeros((CELLS, DAYS + 1), dtype=np.int32)
    np.cumsum(daily, axis=1, out=total[:, 1:])
    first = 2 * SPAN_DAYS
    week = total[:, first:] - total[:, first - SPAN_DAYS : -SPAN_DAYS]
    before = total[:, first - SPAN_DAYS : -SPAN_DAYS]
    spans = np.arange(first - SPAN_DAYS, DAYS + 1 - SPAN_DAYS) / SPAN_DAYS
    weeks = daily[:, DAYS % SPAN_DAYS :].reshape(CELLS, -1, SPAN_DAYS).sum(axis=2, dtype=float)
    # One incident stands out nowhere: a tenth of the work is left.
    cell, day = np.nonzero(week > 1)
    p = np.ones(week.shape)
    p[cell, day] = chance_of_as_many(
        week[cell, day], before[cell, day], spans[day], clumping_of(weeks)
    )
    return discovered(p, RATE)


def esda_weights(near: csr_array, *, star: bool) -> Any:
    """Return binary weights of the neighbours, with the cell itself among its own if *star*."""
    from libpysal.weights import W

    rows = np.split(near.indices, near.indptr[1:-1])
    neighbours = {
        cell: [other for other in row.tolist() if star or other != cell]
        for cell, row in enumerate(rows)
    }
    return W(neighbours, silence_warnings=True)


def esda_gi_star(counts: np.ndarray, weights: Any, *, star: bool | None) -> np.ndarray:
    """Return Gi* as esda gives it; *star* lets it take the cell into its own neighbourhood, as is usual.

    Weights that hold it already (None) spare esda the making of new ones; we ask for no permutations.
    """
    from esda.getisord import G_Local

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it weighs a cell by the most of its row: 1 here
        found = G_Local(counts.astype(float), weights, transform="B", star=star, permutations=0)
    return np.asarray(found.Zs)


def sklearn_bursts(place: np.ndarray) -> np.ndarray:
    from sklearn.cluster import DBSCAN

    return np.asarray(DBSCAN(eps=RADIUS_ALONE_M, min_samples=LEAST).fit(place).labels_)


def in_turns(ways: dict[str, Callable[[], Any]]) -> tuple[dict[str, float], dict[str, Any]]:
    """Return the median seconds of each way, and its answer; the ways take turns."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    answers = {name: way() for name, way in ways.items()}  # not measured: imports, first touches
    for _ in range(TURNS):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            taken[name].append(time.perf_counter() - began)
    return {name: statistics.median(times) for name, times in taken.items()}, answers


def _bursts(year: Scene, radius_m: float, within_s: float) -> np.ndarray:
    pairs = near_pairs(year.x_m, year.y_m, year.at_s, radius_m=radius_m, within_s=within_s)
    return bursts(pairs, len(year.cell), least=LEAST)


def _unlike(ours: np.ndarray, theirs: np.ndarray) -> int:
    return int((np.abs(ours - theirs) > 1e-9).sum())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
