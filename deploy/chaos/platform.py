"""The platform that is struck: `wangge up` on a folder, ports and accounts of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy import postgres
from deploy.free_ports import free_ports
from deploy.production.address import Address
from deploy.production.folder import ProductionFolder
from deploy.production.ports import Ports, kept_ports
from deploy.production.processes import alive
from deploy.production.programs import ROOT
from deploy.production.supervisor import Supervisor
from deploy.provisioning.database import DATABASE

PASSWORD = "only-for-this-run"  # noqa: S105 – of a platform that lives for minutes
UP_WITHIN_S, DOWN_WITHIN_S = 300, 120


class NotUp(Exception):
    """The platform did not come up; the text is what it said."""


class StruckPlatform:
    """One production platform in *data*, on this machine only."""

    def __init__(self, data: Path, settings: Mapping[str, str]) -> None:
        self.data = data
        self.folder = ProductionFolder.of(data)
        self.supervisor = Supervisor(self.folder)
        self.address = Address("127.0.0.1", next(free_ports()))
        self._settings = dict(settings)

    @property
    def ports(self) -> Ports:
        return kept_ports(self.folder.ports, in_use=True)

    @property
    def admin_url(self) -> str:
        """The URL under which every service's tables can be read."""
        return postgres.admin_url(self.folder.postgres, self.ports.postgres, DATABASE)

    def up(self) -> None:
        """Start it as anybody would.

        Raises:
            NotUp: it does not come up.
        """
        said = self._wangge("up", UP_WITHIN_S)
        if said.returncode:
            raise NotUp(said.stdout + said.stderr)

    def down(self) -> int:
        """Stop it as anybody would; return how many of its processes are left."""
        self._wangge("down", DOWN_WITHIN_S)
        return len(alive(self.folder))

    def log(self, program: str) -> str:
        """Return what a program, all its copies, has written."""
        files = sorted(self.folder.log.glob(f"{program}*.log*"))
        return "".join(file.read_text("utf-8", "replace") for file in files)

    def _wangge(self, command: str, within_s: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 – our own
            [sys.executable, "-m", "deploy.cli", command],
            cwd=ROOT,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )

    def _environment(self) -> dict[str, str]:
        # The developer's own settings are for his own platform.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WANGGE_")}
        return kept | {
            "WANGGE_DATA": str(self.data),
            "WANGGE_DEMO_PASSWORD": PASSWORD,
            "WANGGE_SECOND_FACTOR": "optional",
            "WANGGE_TOKEN_MINUTES": "1440",
            "WANGGE_IDLE_MINUTES": "1440",
            "PORT": str(self.address.port),
            **self._settings,
        }
