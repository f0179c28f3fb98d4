"""The running platform as a test meets it: a port, accounts, a console – and a way to kill it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

from deploy.free_ports import free_ports

ROOT = Path(__file__).parents[1]
PASSWORD = "just-for-the-tests"
Found = TypeVar("Found")


class Platform:
    """One platform on a data folder of its own; it may be stopped, killed and started again."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = settings
        self._tokens: dict[str, str] = {}
        self._clients: list[httpx.Client] = []

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WANGGE_")}
        return kept | {
            "WANGGE_DATA": str(self.data),
            "WANGGE_DEMO_PASSWORD": PASSWORD,
            # One address stands for all people here; `test_limits.py` has the limits.
            "WANGGE_RATE_SIGN_IN_PER_MINUTE": "0",
            "WANGGE_SECOND_FACTOR": "optional",
            "PORT": str(self.port),
            **self.settings,
        }

    def start(self) -> "Platform":
        """Start it and wait until it is ready."""
        raise NotImplementedError

    def kill(self) -> None:
        """Take it away at once, as a power cut would."""
        raise NotImplementedError

    def stop(self) -> int:
        """Ask it to stop, as a person does; return the exit code."""
        raise NotImplementedError

    def log(self) -> str:
        """Return what its processes have logged."""
        raise NotImplementedError

    def ask(self, service: str, question: str) -> int:
        """Return the one number that the database of *service* answers."""
        raise NotImplementedError

    def console(self) -> str:
        return (self.data / "console.txt").read_text("utf-8")

    def run(self, *module: str) -> "subprocess.Popen[bytes]":
        """Run a module as a person does; the console keeps what it says."""
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data / "console.txt").open("ab") as console:
            return subprocess.Popen(
                [sys.executable, "-m", *module],
                cwd=ROOT,
                env=self.environment,
                stdout=console,
                stderr=subprocess.STDOUT,
            )

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def as_account(self, account: str) -> httpx.Client:
        """Return a client that is signed in; it is closed with the platform."""
        client = httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Bearer {self.token(account)}"},
            timeout=60,
        )
        self._clients.append(client)
        return client

    def token(self, account: str, *, anew: bool = False) -> str:
        """Return the token of an account that has signed in, once or *anew*."""
        if anew or account not in self._tokens:
            self._tokens[account] = self._sign_in(account)
        return self._tokens[account]

    def close(self) -> None:
        """Take the platform away, and every client it gave out."""
        self.kill()
        for client in self._clients:
            client.close()

    def _sign_in(self, account: str) -> str:
        answer = httpx.post(
            f"{self.url}/api/v1/auth/token",
            data={"grant_type": "password", "username": account, "password": PASSWORD},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token


def free_port() -> int:
    """Return a port nobody listens on; drawn, so that two workers at once hardly take the same."""
    return next(free_ports())


def wait_for(look: Callable[[], Found], *, within_s: float, what: str) -> Found:
    """Return what *look* returns once it is true."""
    deadline = time.monotonic() + within_s
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited {within_s} s for {what}"
        time.sleep(0.05)


def of(answer: httpx.Response, status: int) -> Any:
    """Return the JSON of an answer of that status."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text[:2000]}"
    return answer.json()
