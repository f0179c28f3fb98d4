"""The edge as production starts it: `python -m deploy.edge`, on a port and a data folder of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.platform import ROOT, free_port, wait_for

START_WITHIN_S = 20


class EdgeProcess:
    """A running edge, and clients of it."""

    def __init__(self, data: Path, broker_url: str, **settings: str) -> None:
        self.url = ""
        self._data = data
        self._settings = {"WANGGE_DATA": str(data), "WANGGE_AMQP_URL": broker_url} | settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WANGGE_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "deploy.edge"],
            cwd=ROOT,
            env=kept | {"PORT": str(port)} | self._settings,
        )
        wait_for(self._lives, within_s=START_WITHIN_S, what="the edge to live")

    def _lives(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "the edge ended"
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def status(self, path: str) -> int:
        return httpx.get(f"{self.url}{path}", timeout=30).status_code

    def client(self, token: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=30)

    def ask_to_stop(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def ended(self, within_s: float) -> int:
        """Return the exit code."""
        assert self._process is not None
        return self._process.wait(within_s)

    def log(self) -> str:
        return (self._data / "log" / "edge.log").read_text("utf-8")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@contextmanager
def running_edge(data: Path, broker_url: str, **settings: Any) -> Iterator[EdgeProcess]:
    """Run an edge until the end of the block."""
    edge = EdgeProcess(data, broker_url, **settings)
    try:
        edge.start()
        yield edge
    finally:
        edge.kill()
