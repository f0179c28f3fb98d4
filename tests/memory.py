"""Where the tests write: in memory if there is room, for each of them makes a thousand files of a database.

What they kill are processes, and a file in memory outlives those like any other.
"""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 – only a folder of our own is made in it
# A whole run leaves some two gigabytes; the services need memory too.
ROOM = 8 * 2**30
# Short: the path of a socket may have a hundred characters.
PREFIX = "wgt-"


def folder_in_memory() -> Path | None:
    """Make a folder for everything temporary, or return None where the disk has to do.

    It has the number of this process in its name: those of runs that were killed are thrown away.
    """
    if "TMPDIR" in os.environ or not _has_room():
        return None
    for left in MEMORY.glob(f"{PREFIX}*"):
        if not Path(f"/proc/{left.name.split('-')[1]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=MEMORY))
    folder.chmod(0o711)  # PostgreSQL's own user has to reach its data
    return folder


def _has_room() -> bool:
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return False
    may_run = not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
    return may_run and shutil.disk_usage(MEMORY).free >= ROOM and _available() >= ROOM


def _available() -> int:
    """Return the bytes of memory that are free or can be freed."""
    figures = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return int(figures["MemAvailable"].split()[0]) * 1024
