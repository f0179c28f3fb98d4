"""The folder a platform on one machine keeps everything in; one process has it at a time."""

import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class CannotStart(Exception):
    """The platform cannot start here; the text is one line saying why and what to do."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the data folder for this process.

    Raises:
        CannotStart: it cannot be written, or another process holds it.
    """
    busy = (
        f"Another platform is running on {folder}. Stop it, or set WANGGE_DATA. · "
        f"另一个平台正在使用数据目录 {folder}；请先停止它，或设置 WANGGE_DATA。"
    )
    with locked(folder, busy):
        yield


@contextmanager
def locked(folder: Path, busy: str) -> Iterator[None]:
    """Hold the lock of a folder, which is made when it is not there.

    Raises:
        CannotStart: it cannot be written; or, saying *busy*, another process holds it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / ".lock").open("w")
    except OSError as error:
        raise CannotStart(
            f"WANGGE_DATA={folder}: {error.strerror}. Choose a folder you may write. · "
            f"数据目录 {folder} 不可写，请用 WANGGE_DATA 指定可写目录。"
        ) from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(busy) from None
        yield


def check_port(host: str, port: int) -> None:
    """See that the port is free before long work begins.

    Raises:
        CannotStart: somebody listens there, or this user may not.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} on {host}: {error.strerror}. Set PORT to a free one. · "
                f"端口 {port} 不可用，请用 PORT 指定其他端口。"
            ) from None
