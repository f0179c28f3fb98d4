"""A worker process around a small service that takes as long as it is told; run as a module."""

import os

os.environ.setdefault("EVENTLET_HUB", "epolls")

import deploy.worker  # noqa: I001 – makes the process green

import sys
import time
from pathlib import Path
from typing import Any

from nameko.extensions import DependencyProvider

from shared.kernel.rights import Permission
from shared.runtime.doors import Doors, rpc
from shared.runtime.logs import set_up_logs
from shared.runtime.settings import load_settings


class Fuse(DependencyProvider):  # type: ignore[misc]  # nameko is untyped
    """Kills the container, as an error nobody expected does."""

    def get_dependency(self, worker_ctx: Any) -> Any:
        def burn() -> None:
            raise RuntimeError("the fuse has burnt")

        return lambda: self.container.spawn_managed_thread(burn)


class SlowService(Doors):
    """Writes a line when it begins and a line when it has done what it was asked."""

    name = "teller"
    fuse: Any = Fuse()

    @rpc(Permission.SERVICE_RECORDS)
    def take(self, seconds: float) -> str:
        self._note("begun")
        time.sleep(seconds)
        self._note("done")
        return "done"

    @rpc(Permission.SERVICE_RECORDS)
    def die(self) -> None:
        self.fuse()

    def _note(self, what: str) -> None:
        with (Path(self.settings.data) / "notes").open("a") as notes:
            notes.write(f"{what}\n")


if __name__ == "__main__":
    settings = load_settings()
    set_up_logs("INFO")
    sys.exit(deploy.worker.Worker(SlowService, settings).run())
