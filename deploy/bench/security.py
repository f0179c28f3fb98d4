"""What the guards cost: reports and lists with sign-in check, rights and masks, beside the same without them."""

import argparse
import time
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from deploy.bench.bus import CONCURRENCY, WARM_UP_S, sign_in
from deploy.bench.bus_events import followed
from deploy.bench.bus_stack import Stack, running_stack
from deploy.bench.http_load import Asked, Load, Making, load
from deploy.bench.report import show, write

LIST_OF = 200
LISTS_AT_ONCE = 4
# How the processes of each side are started.
GUARDED, UNGUARDED, UNSEALED = "guarded", "unguarded", "unsealed"
KINDS: dict[str, tuple[str, ...]] = {
    GUARDED: (),
    UNGUARDED: ("deploy.bench.unguarded",),
    UNSEALED: ("deploy.bench.unguarded", "--unsealed"),
}


@dataclass(slots=True)
class Side:
    """One platform of the comparison, and what was measured on it."""

    stack: Stack
    token: str
    posts: list[Load] = field(default_factory=list)
    lists: list[Load] = field(default_factory=list)

    def report(self, seconds: float) -> Load:
        done = self._load(_report, seconds, CONCURRENCY)
        while not followed(self.stack):
            time.sleep(0.2)
        return done

    def list(self, seconds: float) -> Load:
        return self._load(_list, seconds, LISTS_AT_ONCE)

    def _load(self, make: Making, seconds: float, concurrency: int) -> Load:
        return load(self.stack.url, self.token, make, seconds=seconds, concurrency=concurrency)


def main(arguments: Sequence[str] = ()) -> int:
    """Measure all in one run, in turn; print a table and write `var/bench/security.json`."""
    chosen = _parser().parse_args(arguments)
    with ExitStack() as open_stacks:
        sides = {kind: _side(open_stacks, through) for kind, through in KINDS.items()}
        for side in sides.values():
            side.report(WARM_UP_S)
            side.list(WARM_UP_S)
        for _ in range(chosen.rounds):
            for side in sides.values():
                side.posts.append(side.report(chosen.seconds))
                side.lists.append(side.list(chosen.seconds))
    return _told(sides)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench security", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2, help="seconds a round")
    parser.add_argument("--rounds", type=int, default=15, help="rounds on each platform, in turn")
    return parser


def _side(open_stacks: ExitStack, through: tuple[str, ...]) -> Side:
    stack = open_stacks.enter_context(running_stack())
    stack.start_through(*through)
    return Side(stack, sign_in(stack))


def _told(sides: dict[str, Side]) -> int:
    on, off, bare = sides[GUARDED], sides[UNGUARDED], sides[UNSEALED]
    ratios = {
        "post_cost": _cost(on.posts, off.posts),
        "list_cost": _cost(on.lists, off.lists),
        "post_cost_with_sealing": _cost(on.posts, bare.posts),
        "list_cost_with_sealing": _cost(on.lists, bare.lists),
    }
    loads = {
        f"{what}_{kind}": _together(rounds)
        for kind, side in sides.items()
        for what, rounds in (("post", side.posts), ("list", side.lists))
    }
    figures = {
        f"{what}_{name}": figure
        for what, done in loads.items()
        for name, figure in (
            ("per_s", done.rate),
            ("p50_ms", done.percentile_ms(50)),
            ("p99_ms", done.percentile_ms(99)),
        )
    }
    rows = [[name, f"{ratio:.2f}"] for name, ratio in ratios.items()]
    rows += [[name, f"{figure:,.1f}"] for name, figure in figures.items()]
    show("防护的代价 · the cost of guards", ["what", "figure"], rows)
    write("security", ratios=ratios, figures=figures)
    statuses = {status for done in loads.values() for status in done.statuses}
    return 0 if statuses == {200, 201} else 1


def _cost(on: list[Load], off: list[Load]) -> float:
    """Return how many times longer it takes with guards: the middle of the rounds, side by side.

    What else the machine does for a moment spoils a round, and not the middle of fifteen.
    """
    return median(other.rate / one.rate for one, other in zip(on, off, strict=True))


def _together(rounds: list[Load]) -> Load:
    done = Load()
    for each in rounds:
        done.add(each)
    return done


def _report(number: int) -> Asked:
    body: dict[str, object] = {
        "category": "06",
        "title": f"占道经营 {number}",
        "description": "人行道上摆放货物，行人只能走车道。",
        "location": {"lon": 112.18 + number % 211 * 2e-4, "lat": 31.03 + number % 197 * 2e-4},
        "source": "bench",
        "contact": {"name": "赵敏", "phone": f"138{number % 10**8:08d}"},
    }
    return "/api/v1/incidents", body, {"Idempotency-Key": uuid.uuid4().hex}


def _list(_: int) -> Asked:
    return f"/api/v1/incidents?limit={LIST_OF}", None, {}


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
