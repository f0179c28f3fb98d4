"""Lists, boards, dossiers and search at 10,000, 100,000 and 1,000,000 incidents, in one run.

    python -m deploy.bench.growth [--sizes 10000,100000] [--calls 200]

A private PostgreSQL holds one database a size. All are asked the same things in turns, so that a busy
moment of the machine hits all alike, through the services' own queries on a pooled connection: what
lies around them – RPC, HTTP – takes the same time at every size and would only make the growth look
smaller. Every call is made once before it is measured, so that what it needs is in memory.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from deploy.bench.growth_calls import Asked, Operation, operations
from deploy.bench.growth_database import filled
from deploy.bench.report import show, write
from deploy.cli import screen
from deploy.postgres import PrivatePostgres, find_postgres
from shared.kernel.clock import china_now

SIZES = (10_000, 100_000, 1_000_000)
CALLS = 200
MOST = 1.5
Times = dict[tuple[str, int], list[float]]


def main(arguments: Sequence[str] = ()) -> int:
    """Load, measure, print the table, write `var/bench/growth.json`; return the exit code."""
    sizes, calls = _read(arguments)
    if find_postgres() is None:
        sys.stdout.write("PostgreSQL is not installed · 未安装 PostgreSQL\n")
        return 1
    until = china_now()
    with tempfile.TemporaryDirectory(prefix="wangge-growth-") as made:
        folder = Path(made)
        folder.chmod(0o711)  # PostgreSQL may run as another user
        with PrivatePostgres().start(folder) as server:
            began = time.monotonic()
            asked = [Asked(filled(server.url, folder, size, until)) for size in sizes]
            loaded_s = time.monotonic() - began
            try:
                by_size = [operations(one, until, calls) for one in asked]
                times = _measure(asked, by_size, calls)
            finally:
                for one in asked:
                    one.close()
    return _report(times, sizes, loaded_s)


def _read(arguments: Sequence[str]) -> tuple[tuple[int, ...], int]:
    parser = argparse.ArgumentParser(prog="growth", description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--calls", type=int, default=CALLS)
    chosen = parser.parse_args(list(arguments))
    return tuple(int(size) for size in chosen.sizes.split(",")), chosen.calls


def _measure(asked: list[Asked], by_size: list[list[Operation]], calls: int) -> Times:
    """Return the seconds of each call, by operation and size."""
    times: Times = {}
    alike = list(zip(*by_size, strict=True))
    with screen.metered("Calls", len(alike)) as meter:
        for done, same in enumerate(alike, start=1):
            for is_measured in (False, True):
                for number in range(calls):
                    for one, operation in zip(asked, same, strict=True):
                        began = time.perf_counter()
                        one.ask(operation, number)
                        taken = time.perf_counter() - began
                        if is_measured:
                            times.setdefault((operation.name, one.size), []).append(taken)
            meter.to(done, same[0].name)
    return times


def _report(times: Times, sizes: tuple[int, ...], loaded_s: float) -> int:
    names = list(dict.fromkeys(name for name, _ in times))
    middle = {key: statistics.median(taken) for key, taken in times.items()}
    slow = {key: statistics.quantiles(taken, n=100)[98] for key, taken in times.items()}
    growth = {name: middle[name, sizes[-1]] / middle[name, sizes[0]] for name in names}
    slow_growth = {name: slow[name, sizes[-1]] / slow[name, sizes[0]] for name in names}
    header = ["p50 / p99, ms", *(f"{size:,}" for size in sizes), "growth p50", "p99"]
    rows = [
        [
            name,
            *(f"{middle[name, size] * 1e3:.2f} / {slow[name, size] * 1e3:.2f}" for size in sizes),
            f"{growth[name]:.2f}",
            f"{slow_growth[name]:.2f}",
        ]
        for name in names
    ]
    show("One call, by the number of incidents", header, rows)
    worst = max(growth.values())
    figures = {"loaded_s": loaded_s}
    for (name, size), taken in middle.items():
        figures[f"p50_ms {name} {size}"] = taken * 1e3
        figures[f"p99_ms {name} {size}"] = slow[name, size] * 1e3
    figures |= {f"p99_growth {name}": value for name, value in slow_growth.items()}
    path = write("growth", ratios={"worst_growth": worst} | growth, figures=figures)
    sys.stdout.write(f"worst growth {worst:.2f} (at most {MOST})\n{path}\n")
    return 0 if worst <= MOST else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
