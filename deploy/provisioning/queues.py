"""The queues of events, declared by a process of its own: what services are made of makes a process green."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.data_folder import CannotStart


def declare_in_a_process(environment: Mapping[str, str]) -> None:
    """Declare every handler's queue on the broker that these settings name.

    Raises:
        CannotStart: the broker is away, or refuses.
    """
    ended = subprocess.run(
        [sys.executable, "-m", "deploy.event_queues"],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise CannotStart(ended.stderr.strip().splitlines()[-1])
