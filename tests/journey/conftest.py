"""Fixture strategy: the example district is laid out once a session and profile; its folder is the mould.

Every test that changes things runs a platform of its own on a copy; `platform` is shared by those
that only add incidents.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import reachable_folder
from tests.platform import Platform, wait_for
from tests.platforms import platform_in, running_platform
from tests.profiles import Profile


@pytest.fixture(scope="session")
def seeded(profile: Profile) -> Iterator[Path]:
    """Give the data folder of a platform that was started once and stopped."""
    with reachable_folder() as folder:
        platform = platform_in(profile, folder / "var")
        try:
            platform.start()
            wait_for(lambda: has_followed(platform), within_s=300, what="the board to follow")
            assert platform.stop() == 0, platform.console()
        finally:
            platform.kill()
        yield platform.data


def has_followed(platform: Platform) -> bool:
    """Tell whether command has heard all that patrol told of incidents."""
    told = platform.ask(
        "patrol", "SELECT count(*) FROM outbox WHERE event_type LIKE 'patrol.incident.%'"
    )
    heard = platform.ask(
        "command",
        "SELECT coalesce(sum(sequence), 0) FROM inbox_position"
        " WHERE handler = 'command.follow_incident'",
    )
    return told == heard


@pytest.fixture(scope="session")
def platform(profile: Profile, seeded: Path) -> Iterator[Platform]:
    """Run one platform for all; others' incidents are always there."""
    with running_platform(profile, seeded) as running:
        yield running


@pytest.fixture
def own_platform(profile: Profile, seeded: Path) -> Iterator[Platform]:
    """Run a platform that a test may stop, kill, or put under other boundaries."""
    with running_platform(profile, seeded) as running:
        yield running
