"""Deadlines a second: the engine beside chinesecalendar's own functions and a count day by day."""

import argparse
import random
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from datetime import time as clock_time

from deploy.bench.clocks_peers import by_chinesecalendar, by_days, by_minutes
from deploy.bench.report import show, write
from shared.kernel.clock import CHINA
from shared.kernel.deadlines.explanation import explained
from shared.kernel.deadlines.limit import Limit
from shared.kernel.deadlines.reckoner import Reckoner
from shared.kernel.deadlines.unit import Unit
from shared.kernel.deadlines.work_calendar import WorkCalendar
from shared.runtime.calendar_seed import seeded_years

# What a limit of working days is of, from an objection to a joint licence.
AMOUNTS = (3, 5, 7, 10, 15, 20, 30, 45)
# From 2006 on the library and we have the same days: it lacks 31 December 2005.
FIRST, DAYS = date(2006, 1, 1), 365 * 20
Case = tuple[datetime, int]
SLOW_CASES, HOUR_CASES = 2000, 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write `var/bench/clocks.json`; 1 when two ways of counting differ."""
    parser = argparse.ArgumentParser(prog="bench clocks", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=20261128)
    options = parser.parse_args(arguments)
    cases = _cases(options.cases, options.seed)
    began = time.perf_counter()
    reckoner = Reckoner(WorkCalendar(seeded_years()))
    laid_out_ms = 1000 * (time.perf_counter() - began)

    def working_days(case: Case) -> date:
        due = reckoner.reckon(Limit(amount=case[1], unit=Unit.WORKING_DAY), case[0]).due
        return due.on if due else date.max

    def working_hours(case: Case) -> datetime:
        due = reckoner.reckon(Limit(amount=case[1], unit=Unit.WORKING_HOUR), case[0]).due
        return due.at if due else case[0]

    def told(case: Case) -> int:
        limit = Limit(amount=case[1], unit=Unit.WORKING_DAY)
        return len(explained(reckoner.reckon(limit, case[0]), reckoner).zh)

    working_hours(cases[0])
    few, fewer = cases[:SLOW_CASES], cases[:HOUR_CASES]
    wrong = sum(working_days(c) != by_days(c[0].date(), c[1]) for c in few)
    wrong += sum(working_days(c) != by_chinesecalendar(c[0].date(), c[1]) for c in few)
    wrong += sum(working_hours(c) != by_minutes(c[0], c[1] * 60) for c in fewer)
    figures = {
        "engine_per_s": _rate(working_days, cases),
        "engine_working_hours_per_s": _rate(working_hours, cases),
        "engine_explained_per_s": _rate(told, few),
        "chinesecalendar_per_s": _rate(lambda c: by_chinesecalendar(c[0].date(), c[1]), few),
        "day_by_day_per_s": _rate(lambda c: by_days(c[0].date(), c[1]), few),
        "minute_by_minute_per_s": _rate(lambda c: by_minutes(c[0], c[1] * 60), fewer),
        "laid_out_ms": laid_out_ms,
    }
    ratios = {
        "engine_vs_chinesecalendar": figures["engine_per_s"] / figures["chinesecalendar_per_s"],
        "engine_vs_day_by_day": figures["engine_per_s"] / figures["day_by_day_per_s"],
        "hours_vs_minute_by_minute": figures["engine_working_hours_per_s"]
        / figures["minute_by_minute_per_s"],
    }
    rows = [[name, f"{value:,.1f}"] for name, value in {**figures, **ratios}.items()]
    show("期限计算 · deadlines", ["", ""], [*rows, ["differing", str(wrong)]])
    write(
        "clocks", ratios=ratios, figures=figures, counts={"cases": len(cases), "differing": wrong}
    )
    return 1 if wrong else 0


def _cases(number: int, seed: int) -> list[Case]:
    chance = random.Random(seed)  # noqa: S311 – the same cases each time
    return [
        (
            datetime.combine(
                FIRST + timedelta(days=chance.randrange(DAYS)), clock_time(10, 20), CHINA
            ),
            chance.choice(AMOUNTS),
        )
        for _ in range(number)
    ]


def _rate(count: Callable[[Case], object], cases: Sequence[Case]) -> float:
    """Return how many a second, by the best of three rounds."""
    best = min(_seconds(count, cases) for _ in range(3))
    return len(cases) / best


def _seconds(count: Callable[[Case], object], cases: Sequence[Case]) -> float:
    began = time.perf_counter()
    for case in cases:
        count(case)
    return time.perf_counter() - began


if __name__ == "__main__":
    raise SystemExit(main())
