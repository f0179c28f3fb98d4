"""Files that appear whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from deploy.cli.cannot_do import CannotDo


@contextmanager
def written_whole(target: Path) -> Iterator[BinaryIO]:
    """Give a file that takes the place of *target* when the block ends well, and vanishes when not.

    A device or a pipe keeps its place: it is written to as it is.

    Raises:
        CannotDo: nothing can be written there.
    """
    target = target.resolve()
    if target.exists() and not target.is_file():
        with _opened(target) as file:
            yield file
        return
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise cannot_write(target, error) from None
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(handle)
        scratch.chmod(_mode_of(target))
        scratch.replace(target)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise cannot_write(target, error) from error
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def _opened(target: Path) -> BinaryIO:
    try:
        return target.open("wb")
    except OSError as error:
        raise cannot_write(target, error) from None


def cannot_write(target: Path, error: OSError) -> CannotDo:
    return CannotDo(
        f"无法写入 {target}：请检查目录、权限与磁盘空间。",
        f"Cannot write {target}: {error.strerror}; look at the folder, its rights and the disk.",
    )


def _mode_of(target: Path) -> int:
    """Return the rights the file has, or those a new one gets here (`mkstemp` gives none to others)."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
