"""The one folder of a production platform on this machine: what lies where in it."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any, Self

# In the environment of every process of the platform: its own folder, by which it is known for sure.
MARK = "WANGGE_PRODUCTION"


class ProductionFolder:
    """Where ports, data, logs, the socket and the credentials of one platform lie."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    @classmethod
    def of(cls, data: Path) -> Self:
        """Return the folder of the platform whose data folder was set to *data*."""
        return cls(data / "production")

    @property
    def data(self) -> Path:
        """The services' own data folder: blobs and boundaries."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def credentials(self) -> Path:
        return self.root / "credentials.json"

    @property
    def ports(self) -> Path:
        return self.root / "ports.json"

    @property
    def programs(self) -> Path:
        """How each program is launched; with its URLs, so for the owner's eyes only."""
        return self.root / "programs.json"

    @property
    def supervisor_config(self) -> Path:
        return self.root / "supervisord.conf"

    @property
    def supervisor_socket(self) -> Path:
        return self.root / "supervisord.sock"

    @property
    def pids(self) -> Path:
        """One record for each process that was started, by which it is found after a crash."""
        return self.root / "pids"

    @property
    def heartbeats(self) -> Path:
        return self.root / "heartbeats"

    @property
    def rabbitmq(self) -> Path:
        return self.root / "rabbitmq"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    def make(self) -> None:
        """Make the folder and those in it that nobody else makes."""
        for folder in (self.root, self.data, self.log, self.pids, self.heartbeats, self.rabbitmq):
            folder.mkdir(parents=True, exist_ok=True)


def write_secretly(file: Path, text: str) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    handle, scratch = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as writing:
        writing.write(text)
    Path(scratch).replace(file)


def read_json(file: Path) -> dict[str, Any]:
    """Return what lies in a JSON file, or nothing where there is none."""
    if not file.exists():
        return {}
    kept: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return kept
