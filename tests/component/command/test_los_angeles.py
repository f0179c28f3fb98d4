"""A real city's requests, replayed with their real times: the platform's indicators are those that pandas counts."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.component.command.los_angeles import DISTRICT, MAPPING, replay, usable
from tests.component.command.los_angeles_by_pandas import figures, requests
from tests.component.running import EVERYBODY, Running
from tests.platform import ROOT
from tests.profiles import only_embedded

pytestmark = only_embedded("what is counted is the same; the property test runs on both databases")

# `make replay-la311` gives the whole file.
CSV = Path(os.environ.get("LA311_CSV", ROOT / "tests" / "data" / "la311_sample.csv"))
AT_ONCE = 50
# As they are asked for, and their days from and before.
PERIODS = {
    "2018-01": ("2018-01-01", "2018-02-01"),
    "2017": ("2017-01-01", "2018-01-01"),
    "2018-Q1": ("2018-01-01", "2018-04-01"),
    "2018-01-03..2018-01-04": ("2018-01-03", "2018-01-05"),
}


def shown(figure: dict[str, Any]) -> tuple[int, int | None, int]:
    return figure["numerator"], figure["denominator"], figure["excluded"]


def test_the_indicators_are_those_that_pandas_counts_from_the_csv(
    district: Running, catch_up: Callable[[], None]
) -> None:
    rows = list(usable(CSV))
    frame = requests(CSV, {row["SRNumber"] for row in rows}, MAPPING)

    for first in range(0, len(rows), AT_ONCE):
        replay(district, rows[first : first + AT_ONCE])
        catch_up()

    for period, (since, until) in PERIODS.items():
        answer = district.ask(
            "command", "indicators", actor=EVERYBODY, place=DISTRICT, period=period, timeout_s=30
        )
        by_platform = {each["name"]: shown(each) for each in answer["indicators"]}
        assert by_platform == figures(frame, since, until), period
        assert len(answer["children"]) > 30
        for child in answer["children"]:
            number = child["code"].removeprefix("NC")
            council = frame[number == frame.NC]
            found = {name: shown(figure) for name, figure in child["figures"].items()}
            assert found == figures(council, since, until), (period, child["code"])
