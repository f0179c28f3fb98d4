"""The bus under load: reports against a bare echo, events against a bare loop, windows against single confirms."""

import argparse
import time
import uuid
from collections.abc import Sequence
from typing import Any

import httpx

from deploy.bench.bus_events import (
    confirmed_each_per_s,
    events_per_s,
    floor_per_s,
    followed,
    windows_per_s,
)
from deploy.bench.bus_stack import PASSWORD, Stack, running_stack
from deploy.bench.http_load import Load, load
from deploy.bench.report import show, write

CONCURRENCY = 32
WARM_UP_S = 3.0


def main(arguments: Sequence[str] = ()) -> int:
    """Measure all of it in one run; print a table and write `var/bench/bus.json`."""
    chosen = _parser().parse_args(arguments)
    with running_stack() as stack:
        events, floor, windows, each = _messages(stack, chosen)
        stack.start_platform()
        token = sign_in(stack)
        posts, echoes = _rounds(stack, token, chosen)
        stack.add_copies()
        two, _ = _rounds(stack, token, chosen)
    ratios = {
        "post_vs_echo": posts.rate / echoes.rate,
        "events_vs_floor": events / floor,
        "relay_vs_confirm_each": windows / each,
        "two_copies_vs_one": two.rate / posts.rate,
    }
    figures = {
        **_figures("post", posts),
        **_figures("echo", echoes),
        **_figures("post_two_copies", two),
        "events_per_s": events,
        "floor_per_s": floor,
        "windows_per_s": windows,
        "confirm_each_per_s": each,
    }
    _show(ratios, figures)
    write("bus", ratios=ratios, figures=figures)
    bad = {status: n for status, n in (posts.statuses + two.statuses).items() if status != 201}
    return 1 if bad else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench bus", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8, help="seconds a round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each kind, in turn")
    parser.add_argument("--events", type=int, default=6000, help="events from outbox to effect")
    return parser


def _messages(stack: Stack, chosen: argparse.Namespace) -> tuple[float, float, float, float]:
    """Measure each twice in turn; return the better of each pair."""
    pairs = [
        (
            events_per_s(stack, chosen.events),
            floor_per_s(stack, chosen.events),
            windows_per_s(stack, chosen.events),
            confirmed_each_per_s(stack, chosen.events // 3),
        )
        for _ in range(2)
    ]
    events, floor, windows, each = (max(pair) for pair in zip(*pairs, strict=True))
    return events, floor, windows, each


def _rounds(stack: Stack, token: str, chosen: argparse.Namespace) -> tuple[Load, Load]:
    """Return the reports and the echoes of all rounds, taken in turn; what warms up is left out."""
    posts, echoes = Load(), Load()
    for done, make in ((Load(), _report), (Load(), _echo)):
        done.add(_load(stack, token, make, WARM_UP_S))
    for _ in range(chosen.rounds):
        _until_followed(stack)
        echoes.add(_load(stack, token, _echo, chosen.seconds))
        posts.add(_load(stack, token, _report, chosen.seconds))
    _until_followed(stack)
    return posts, echoes


def _load(stack: Stack, token: str, make: Any, seconds: float) -> Load:
    return load(stack.url, token, make, seconds=seconds, concurrency=CONCURRENCY)


def _report(number: int) -> tuple[str, dict[str, object], dict[str, str]]:
    return "/api/v1/incidents", _body(number), {"Idempotency-Key": uuid.uuid4().hex}


def _echo(number: int) -> tuple[str, dict[str, object], dict[str, str]]:
    return "/api/v1/echo", _body(number), {}


def _body(number: int) -> dict[str, object]:
    return {
        "category": "06",
        "title": f"占道经营 {number}",
        "description": "人行道上摆放货物，行人只能走车道。",
        "location": {"lon": 112.18 + number % 211 * 2e-4, "lat": 31.03 + number % 197 * 2e-4},
        "source": "bench",
    }


def _until_followed(stack: Stack) -> None:
    while not followed(stack):
        time.sleep(0.2)


def sign_in(stack: Stack) -> str:
    answer = httpx.post(
        f"{stack.url}/api/v1/auth/token",
        data={"grant_type": "password", "username": "district", "password": PASSWORD},
        timeout=60,
    )
    token: str = answer.raise_for_status().json()["access_token"]
    return token


def _figures(name: str, done: Load) -> dict[str, float]:
    return {
        f"{name}_per_s": done.rate,
        f"{name}_p50_ms": done.percentile_ms(50),
        f"{name}_p99_ms": done.percentile_ms(99),
    }


def _show(ratios: dict[str, float], figures: dict[str, float]) -> None:
    rows = [[name, f"{ratio:.2f}"] for name, ratio in ratios.items()]
    rows += [[name, f"{figure:,.1f}"] for name, figure in figures.items()]
    show("bus", ["", ""], rows)


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
