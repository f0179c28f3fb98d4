"""Fixture strategy: grid of eight cells, patrol and command run on databases that hold nothing yet."""

import pytest

from services.command.service import CommandService
from services.patrol.service import PatrolService
from tests.component.district import Grid
from tests.component.running import Running

SERVICES = (Grid, PatrolService, CommandService)
SHORT = 600


@pytest.fixture
def examples(request: pytest.FixtureRequest) -> int:
    """Give how many cases to draw."""
    asked: int | None = request.config.getoption("--examples")
    return SHORT if asked is None else asked


@pytest.fixture
def services(running: Running, migrated: None) -> Running:
    running.start(*SERVICES)
    return running
