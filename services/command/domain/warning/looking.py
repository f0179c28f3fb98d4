"""One look at all incidents: what of them is more than chance."""

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from services.command.domain.warning.adjacency import neighbourhoods, patches
from services.command.domain.warning.arrays import Booleans, Floats, Integers
from services.command.domain.warning.bursts import NO_BURST, bursts, near_pairs, past_near
from services.command.domain.warning.changes import changes
from services.command.domain.warning.excess import chance_of_as_many
from services.command.domain.warning.false_discoveries import discovered
from services.command.domain.warning.finding import (
    UNKNOWN_CELL,
    Finding,
    Ground,
    Kind,
    Observed,
    Watch,
)
from services.command.domain.warning.ground import on_plane
from services.command.domain.warning.hot_cells import heat


def look(observed: Observed, ground: Ground, watch: Watch, now: datetime) -> list[Finding]:
    """Return hot cells, changes, bursts and repeat addresses of the incidents up to now."""
    if not observed.matter_nos:
        return []
    return [
        *_hot_cells(observed, ground, watch, now),
        *_changes(observed, ground, watch, now),
        *_bursts(observed, ground, watch, now),
        *_repeat_addresses(observed, ground, watch, now),
    ]


def _hot_cells(
    observed: Observed, ground: Ground, watch: Watch, now: datetime
) -> Iterator[Finding]:
    """Find the cells that hold more of a category than their share, those that touch together."""
    near = neighbourhoods(len(ground.cells), ground.borders)
    counted = (observed.at_s > -watch.hot_for.total_seconds()) & (observed.cell != UNKNOWN_CELL)
    slot = observed.cell * len(observed.categories) + observed.category
    shape = len(ground.cells), len(observed.categories)
    counts = np.bincount(slot[counted], minlength=shape[0] * shape[1]).reshape(shape)
    said = heat(counts, near)
    is_hot = discovered(said.p, watch.false_rate)
    for category in np.flatnonzero(is_hot.any(axis=0)):
        patch = patches(is_hot[:, category], near)
        for number in range(patch.max() + 1):
            cells = np.flatnonzero(patch == number)
            shown = counted & (observed.category == category) & np.isin(observed.cell, cells)
            if np.count_nonzero(shown) >= watch.least:
                figures = {
                    "gi_star": float(said.z[cells, category].max()),
                    "p": float(said.p[cells, category].min()),
                    "share": float(counts[:, category].mean() * len(cells)),
                }
                since = now - watch.hot_for
                kept = _Shown(Kind.HOT_CELLS, since, now, figures)
                yield kept.finding(observed, ground, shown, cells)


def _changes(observed: Observed, ground: Ground, watch: Watch, now: datetime) -> list[Finding]:
    """Find cells that hold far more of a category than in the spans before."""
    span_s = watch.span.total_seconds()
    spans = int(_reach_s(observed, watch) // span_s)
    if spans < 2:
        return []
    age = np.floor(-observed.at_s / span_s).astype(np.int64)
    known = (age < spans) & (observed.cell != UNKNOWN_CELL)
    shape = len(ground.cells), spans
    found = []
    for category in range(len(observed.categories)):
        of_it = known & (observed.category == category)
        slot = observed.cell[of_it] * spans + (spans - 1 - age[of_it])
        counts = np.bincount(slot, minlength=shape[0] * spans).reshape(shape)
        found.append(changes(counts, span_days=1))
    risen = discovered(np.column_stack([each.p for each in found]), watch.false_rate)
    findings = []
    for cell, category in zip(*np.nonzero(risen), strict=True):
        change = found[category]
        if change.observed[cell] < watch.least:
            continue
        shown = (age == 0) & (observed.category == category) & (observed.cell == cell)
        figures = {
            "expected": float(change.expected[cell]),
            "p": float(change.p[cell]),
            "spans": float(change.spans),
            "clumping": change.clumping,
        }
        kept = _Shown(Kind.CHANGE, now - watch.span, now, figures)
        findings.append(kept.finding(observed, ground, shown, np.array([cell])))
    return findings


def _bursts(observed: Observed, ground: Ground, watch: Watch, now: datetime) -> Iterator[Finding]:
    """Find many incidents of a category near each other in space and time, where it is usually quiet.

    A place that is always busy has such clusters by chance. So each incident of the newest span asks
    how many came before it near by within a span, and how many the past lets expect there; a cluster
    counts that holds one of those that are discoveries among all that asked.
    """
    span_s = watch.span.total_seconds()
    spans = (_reach_s(observed, watch) - 2 * span_s) / span_s
    if spans < 1:
        return
    x_m, y_m = on_plane(observed.lon, observed.lat)
    parts = [
        _clusters(observed, x_m, y_m, category, watch, spans)
        for category in range(len(observed.categories))
    ]
    chance = np.concatenate([p for _, _, p in parts])
    counts = discovered(chance, watch.false_rate)
    stop = 0
    for members, burst, p in parts:
        start, stop = stop, stop + len(p)
        for number in np.unique(burst[counts[start:stop] & (burst != NO_BURST)]):
            of_it = burst == number
            shown = np.zeros(len(observed.at_s), dtype=np.bool_)
            shown[members[of_it]] = True
            figures = {
                "p": float(p[of_it].min()),
                "radius_m": watch.burst_radius_m,
                "spans": float(spans),
            }
            kept = _Shown(Kind.BURST, now - 2 * watch.span, now, figures)
            yield kept.finding(observed, ground, shown, None)


def _clusters(
    observed: Observed,
    x_m: Floats,
    y_m: Floats,
    category: int,
    watch: Watch,
    spans: float,
) -> tuple[Integers, Integers, Floats]:
    """Return which incidents of a category are recent, their burst, and how unlikely each is.

    Those of the span before the newest are neighbours only: they ask nothing, their chance is 1.
    """
    span_s = watch.span.total_seconds()
    of_it = observed.category == category
    members = np.flatnonzero(of_it & (observed.at_s > -2 * span_s))
    past = of_it & (observed.at_s <= -2 * span_s) & (observed.at_s > -_reach_s(observed, watch))
    x, y, at_s = x_m[members], y_m[members], observed.at_s[members]
    pairs = near_pairs(x, y, at_s, radius_m=watch.burst_radius_m, within_s=span_s)
    burst = bursts(pairs, len(members), least=watch.least)
    later = np.where(at_s[pairs[:, 0]] >= at_s[pairs[:, 1]], pairs[:, 0], pairs[:, 1])
    came_before = np.bincount(later, minlength=len(members))
    usual = past_near(x, y, x_m[past], y_m[past], radius_m=watch.burst_radius_m)
    chance = chance_of_as_many(came_before, usual, spans)
    return members, burst, np.where(at_s > -span_s, chance, 1.0)


def _repeat_addresses(
    observed: Observed, ground: Ground, watch: Watch, now: datetime
) -> Iterator[Finding]:
    """Find addresses from which the same thing is reported again and again."""
    x_m, y_m = on_plane(observed.lon, observed.lat)
    newer = observed.at_s > -watch.repeats_within.total_seconds()
    for category in range(len(observed.categories)):
        members = np.flatnonzero(newer & (observed.category == category))
        pairs = near_pairs(
            x_m[members],
            y_m[members],
            observed.at_s[members],
            radius_m=watch.address_radius_m,
            within_s=watch.repeats_within.total_seconds(),
        )
        address = bursts(pairs, len(members), least=watch.least_repeats)
        for number in range(address.max(initial=NO_BURST) + 1):
            shown = np.zeros(len(observed.at_s), dtype=np.bool_)
            shown[members[address == number]] = True
            figures = {"radius_m": watch.address_radius_m}
            kept = _Shown(Kind.REPEAT_ADDRESS, now - watch.repeats_within, now, figures)
            yield kept.finding(observed, ground, shown, None)


def _reach_s(observed: Observed, watch: Watch) -> float:
    """Return how many seconds back it is known what happened: since the first incident at most."""
    return float(min(-observed.at_s.min(), watch.looks_back.total_seconds()))


class _Shown:
    """Makes findings of one kind and period from arrays."""

    def __init__(
        self, kind: Kind, since: datetime, until: datetime, figures: dict[str, float]
    ) -> None:
        self._kind, self._since, self._until, self._figures = kind, since, until, figures

    def finding(
        self, observed: Observed, ground: Ground, shown: Booleans, cells: Integers | None
    ) -> Finding:
        """Return the finding that some incidents show, of these cells or else of those they lie in."""
        number = np.flatnonzero(shown)
        if cells is None:
            lie_in = np.unique(observed.cell[number])
            cells = lie_in[lie_in != UNKNOWN_CELL]
        return Finding(
            kind=self._kind,
            category=observed.categories[int(observed.category[number[0]])],
            cells=tuple(ground.cells[cell] for cell in cells.tolist()),
            matter_nos=tuple(observed.matter_nos[each] for each in number.tolist()),
            since=self._since,
            until=self._until,
            figures={"count": float(len(number))} | self._figures,
        )
