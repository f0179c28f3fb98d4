"""Runs the boundary job in a process of its own and takes in what it made."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from services.grid.files.draft_folder import read_draft
from services.grid.ports import CheckedSet
from shared.contracts.grid import BoundaryImport, BoundaryLayer
from shared.kernel.errors import FieldError, Invalid, Unavailable, from_wire
from shared.kernel.ids import new_id
from shared.runtime.blobs import Blobs

log = structlog.get_logger()


class JobProcess:
    """Checks boundary sets below one folder, each in a new folder of its own.

    `folders_in_force` gives the folders of the versions that are or were in force, the oldest first.
    """

    def __init__(
        self, folder: Path, blobs: Blobs, folders_in_force: Callable[[], list[str]]
    ) -> None:
        self._folder = folder
        self._blobs = blobs
        self._folders_in_force = folders_in_force

    def check(self, order: BoundaryImport) -> CheckedSet:
        """Return the checked set.

        Raises:
            Invalid: the files cannot be used; Unavailable: the job failed in itself.
        """
        name = new_id()
        self._folder.mkdir(parents=True, exist_ok=True)
        spec = self._folder / f"{name}.spec.json"
        try:
            spec.write_text(json.dumps(self._spec(order)), "utf-8")
            self._run("build", "--spec", str(spec), "--out", str(self._folder / name))
        finally:
            spec.unlink(missing_ok=True)
        return self.checked(name)

    def checked(self, name: str) -> CheckedSet:
        """Return the set that lies in a folder already."""
        folder = self._folder / name
        lineage = folder / "lineage.json"
        changes = json.loads(lineage.read_text("utf-8")) if lineage.exists() else []
        changes = [change for change in changes if change["fate"] != "unchanged"]
        return CheckedSet(folder=name, draft=read_draft(folder), changes=changes)

    def discard(self, folder: str) -> None:
        shutil.rmtree(self._folder / folder, ignore_errors=True)

    def restore_index(self, folder: str) -> None:
        """Build a lost index anew from the outlines."""
        self._run("index", "--from", str(self._folder / folder))

    def _spec(self, order: BoundaryImport) -> dict[str, Any]:
        folders = self._folders_in_force()
        return {
            "layers": [self._layer(n, layer) for n, layer in enumerate(order.layers)],
            "options": {
                "scheme": order.scheme,
                "district_code": order.district_code,
                "district_name": order.district_name,
            },
            "previous": str(self._folder / folders[-1]) if folders else None,
            "earlier": [str(self._folder / folder) for folder in folders[:-1]],
        }

    def _layer(self, position: int, layer: BoundaryLayer) -> dict[str, Any]:
        try:
            path = self._blobs.path(layer.file_id)
        except ValueError:
            path = None
        if path is None or not path.exists():
            raise Invalid(
                code="invalid",
                zh="所列文件尚未上传。",
                en="A file named here has not been uploaded.",
                errors=(
                    FieldError(
                        field=f"layers.{position}.file_id",
                        code="no_such_file",
                        zh="没有这个文件",
                        en="there is no such file",
                    ),
                ),
            )
        return {
            "path": str(path),
            "name": layer.file_name or layer.file_id,
            "level": layer.level,
            "code_field": layer.code_field,
            "name_field": layer.name_field,
            "parent_field": layer.parent_field,
            "layer": layer.layer,
            "crs": layer.crs,
            "encoding": layer.encoding,
        }

    def _run(self, *arguments: str) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "services.grid.job", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode == 0:
            return
        log.error("boundary_job_failed", exit_code=done.returncode, stderr=done.stderr[-2000:])
        last = done.stdout.strip().rpartition("\n")[2]
        try:
            raise from_wire(json.loads(last)["error"])
        except (ValueError, KeyError):
            raise _died() from None


def _died() -> Unavailable:
    return Unavailable(
        code="boundary_job_died",
        zh="检查边界的进程中途退出（可能内存不足）；未导入任何内容，请稍后再试。",
        en="The process that checks boundaries died, perhaps for want of memory; nothing was imported, try again.",
    )
