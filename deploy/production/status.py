"""`wangge status`: what of the platform runs, since when, and whether it is ready."""

import time
from dataclasses import dataclass
from typing import Any

from deploy.production.address import Address, running_address
from deploy.production.folder import ProductionFolder
from deploy.production.supervisor import RUNNING, Supervisor
from shared.runtime.settings import Settings

# A service touches its heartbeat every two seconds while it listens.
HEARTBEAT_OLD_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessState:
    """One process of the platform: `listens` is None for what has no heartbeat."""

    name: str
    state: str
    pid: int
    seconds: int
    listens: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformState:
    folder: ProductionFolder
    address: Address | None
    is_ready: bool
    processes: list[ProcessState]


def platform_state(settings: Settings) -> PlatformState:
    """Return the state of the platform; without a supervisor it has no processes."""
    folder = ProductionFolder.of(settings.data)
    supervisor = Supervisor(folder)
    address = running_address(folder)
    runs = supervisor.answers()
    return PlatformState(
        folder=folder,
        address=address,
        is_ready=runs and address is not None and address.is_ready(),
        processes=[_state(folder, info) for info in supervisor.programs()] if runs else [],
    )


def _state(folder: ProductionFolder, info: dict[str, Any]) -> ProcessState:
    is_running = info["statename"] == RUNNING
    return ProcessState(
        name=info["name"],
        state=info["statename"].lower(),
        pid=info["pid"],
        seconds=info["now"] - info["start"] if is_running else 0,
        listens=_listens(folder, info["name"]) if is_running else None,
    )


def _listens(folder: ProductionFolder, process: str) -> bool | None:
    heartbeat = folder.heartbeats / process
    if not heartbeat.exists():
        return None
    return time.time() - heartbeat.stat().st_mtime < HEARTBEAT_OLD_S
