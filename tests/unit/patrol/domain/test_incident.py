"""An incident's states, and who hears of it first."""

from datetime import timedelta

import pytest

from services.patrol.domain.incident import State, first_level
from tests.builders.incident import NOW, an_incident

LATER = NOW + timedelta(hours=1)


class TestIncident:
    def test_changes_nothing_else_by_moving(self) -> None:
        before = an_incident()

        after = before.moved(State.ACCEPTED, at=LATER)

        assert (before.state, before.updated_at) == (State.REPORTED, NOW)
        assert after == an_incident(State.ACCEPTED, updated_at=LATER)


class TestFirstLevel:
    @pytest.mark.parametrize(
        ("severity", "level"),
        [("L1", "district"), ("L2", "street"), ("L3", "community"), ("L4", "community")],
    )
    def test_is_the_desk_that_hears_of_it_first(self, severity: str, level: str) -> None:
        assert first_level(severity) == level
