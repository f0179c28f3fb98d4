"""Fixture strategy: the example district is laid out once a session and its folder is the mould.

Every test that changes things runs a platform of its own on a copy; `platform` is shared by those
that only add incidents.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.platform import Platform, running_platform, wait_for


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of a platform that was started once and stopped."""
    data = tmp_path_factory.mktemp("seeded") / "var"
    platform = Platform(data).start()
    wait_for(lambda: not waiting(data), within_s=120, what="the board to follow the example")
    assert platform.stop() == 0, platform.console()
    return data


def waiting(data: Path) -> int:
    """Return how many of patrol's events have not been followed yet."""
    with closing(sqlite3.connect(data / "patrol.sqlite")) as patrol:
        count = patrol.execute("SELECT count(*) FROM outbox WHERE published_at IS NULL").fetchone()
    return int(count[0])


@pytest.fixture(scope="session")
def platform(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Run one platform for all; others' incidents are always there."""
    with running_platform(tmp_path_factory.mktemp("shared") / "var", seeded) as running:
        yield running


@pytest.fixture
def own_platform(seeded: Path, tmp_path: Path) -> Iterator[Platform]:
    """Run a platform that a test may stop, kill, or put under other boundaries."""
    with running_platform(tmp_path / "var", seeded) as running:
        yield running
