"""Starts the process that writes an export's file."""

import subprocess
import sys

from services.gateway.domain.export import Export
from services.gateway.files.export_folder import ExportFolder

_LOG = "job.log"


class WritingProcess:
    """The job at work; what it complains of lies in the folder beside the rows."""

    def __init__(self, folder: ExportFolder, export: Export) -> None:
        self._log = folder.path / _LOG
        command = [sys.executable, "-W", "ignore", "-m", "services.gateway.job"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 – ourselves, and no shell
                [*command, export.form, str(folder.path.resolve())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def code(self) -> int | None:
        """Return how it ended, or None while it runs; returns at once."""
        return self._process.poll()

    def complaint(self) -> str:
        return self._log.read_text("utf-8", "replace")[-2000:]

    def end(self) -> None:
        """End it, if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
