"""The small services in a process of their own, on RabbitMQ."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.platform import ROOT


@contextmanager
def services_on(broker_url: str) -> Iterator[subprocess.Popen[str]]:
    """Run the small services until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.component.gateway.services", broker_url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            # Before it, they may tell what they did for a broker that came back damaged.
            assert "listening\n" in process.stdout, "the services ended"
            yield process
        finally:
            process.kill()
