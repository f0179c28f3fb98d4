"""Cases drawn from a strategy, as many as asked: the same each time, or others when exploring."""

import os
import random
from typing import TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

Case = TypeVar("Case")

# `make fuzz` draws on from here; printed, so that a run can be repeated.
SEED = int(os.environ.get("WANGGE_FUZZ_SEED", "20261128"))


def drawn(strategy: st.SearchStrategy[Case], count: int, salt: str) -> list[Case]:
    """Return up to *count* different cases; *salt* names the drawing, so that no two are alike."""
    cases: list[Case] = []

    @hypothesis.seed(f"{SEED} {salt}")
    @hypothesis.settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(case: Case) -> None:
        cases.append(case)

    collect()
    return cases


def shuffled(cases: list[Case], salt: str) -> list[Case]:
    """Return the cases in another order, the same each time."""
    return random.Random(f"{SEED} {salt}").sample(cases, len(cases))
