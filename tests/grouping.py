"""Which tests one worker of pytest-xdist runs together."""

import re

from xdist.scheduler import LoadScopeScheduling

_JOURNEY = re.compile(r"tests/journey/.*[\[-](embedded|production)[\]-]")


def group_of(nodeid: str) -> str:
    """Return what a test shares so much with that one worker should run all of it.

    Those of a file share their module's fixtures; the journeys of a profile share a seeded platform.
    """
    journey = _JOURNEY.match(nodeid)
    return f"journey-{journey[1]}" if journey else nodeid.partition("::")[0]


class GroupScheduling(LoadScopeScheduling):
    """Sends a group to one worker, as `loadscope` does a class."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
