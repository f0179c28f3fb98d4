"""A budget: all of it at once, or steadily; each client's own; never more than it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain import rate
from services.gateway.domain.rate import Budget


def spend(budget: Budget, now: float, client: str = "a") -> bool:
    """Tell whether one more request may go on."""
    standing = budget.spend(client, now)
    return standing is None or not standing.is_over


class TestBudget:
    def test_may_be_spent_all_at_once_and_then_no_more(self) -> None:
        budget = Budget("address", 5)

        assert [spend(budget, 100.0) for _ in range(7)] == [True] * 5 + [False] * 2

    def test_says_what_is_left_and_when_to_come_again(self) -> None:
        budget = Budget("address", 2)

        standings = [budget.spend("a", 100.0) for _ in range(3)]

        assert [standing and standing.left for standing in standings] == [1, 0, 0]
        assert [standing and standing.retry_after_s for standing in standings] == [0, 0, 30]

    def test_can_be_spent_again_when_it_said(self) -> None:
        budget = Budget("address", 2)
        last = [budget.spend("a", 100.0) for _ in range(3)][-1]
        assert last is not None

        assert not spend(budget, 100.0 + last.retry_after_s - 0.1)
        assert spend(budget, 100.0 + last.retry_after_s)

    def test_is_each_clients_own(self) -> None:
        budget = Budget("address", 1)

        assert [spend(budget, 0.0, client) for client in "aabb"] == [True, False, True, False]

    def test_of_nothing_is_no_limit(self) -> None:
        budget = Budget("address", 0)

        assert all(spend(budget, 0.0) for _ in range(1000))

    def test_is_not_spent_by_what_is_refused(self) -> None:
        budget = Budget("address", 1)
        assert spend(budget, 0.0)

        assert not any(spend(budget, float(second)) for second in range(60))
        assert spend(budget, 60.0)

    def test_remembers_no_more_clients_than_it_may(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rate, "MOST_REMEMBERED", 10)
        budget = Budget("address", 1)

        for number in range(1000):
            budget.spend(str(number), 0.0)

        assert len(budget._whole_at) == 10

    @given(
        st.integers(1, 100),
        st.lists(st.floats(0, 1, allow_nan=False), min_size=1, max_size=300),
    )
    def test_lets_through_at_most_a_minutes_worth_more_than_the_time_that_passed(
        self, per_minute: int, pauses: list[float]
    ) -> None:
        budget, now, through = Budget("address", per_minute), 0.0, 0
        for pause in pauses:
            now += pause
            through += spend(budget, now)

        assert through <= per_minute * (1 + now / 60) + 1e-3
