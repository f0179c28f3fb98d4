"""The queues of events, declared by a process of its own: what services are made of makes a process green."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.data_folder import CannotStart

_SILENT = (
    "消息服务没有应答，未能建立事件队列；请检查其地址与日志，然后再试。 · "
    "The broker did not answer, so events have no queues; look at its address and its log, then try again."
)
ANSWERS_WITHIN_S = 120.0


def declare_in_a_process(
    environment: Mapping[str, str], *, within_s: float = ANSWERS_WITHIN_S
) -> None:
    """Declare every handler's queue on the broker that these settings name.

    Raises:
        CannotStart: the broker is away, refuses, or does not answer in time.
    """
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "deploy.event_queues"],
            cwd=Path(__file__).parents[2],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=within_s,
        )
    except subprocess.TimeoutExpired:
        raise CannotStart(_SILENT) from None
    if ended.returncode:
        raise CannotStart(next(reversed(ended.stderr.strip().splitlines()), _SILENT))
