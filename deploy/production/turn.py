"""One command at a time works on a production platform."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.data_folder import CannotStart
from deploy.production.folder import ProductionFolder


@contextmanager
def turn(folder: ProductionFolder) -> Iterator[None]:
    """Have the turn to start or stop the platform in this folder.

    Raises:
        CannotStart: the folder cannot be written, or another command is at work on it.
    """
    try:
        folder.make()
        handle = folder.lock.open("w")
    except OSError as error:
        raise CannotStart(
            f"WANGGE_DATA: {folder.root}: {error.strerror}. Choose a folder you may write. · "
            f"数据目录 {folder.root} 不可写，请用 WANGGE_DATA 指定可写目录。"
        ) from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"Another up or down is at work on {folder.root}; wait for it. · "
                f"另一条启动或停止命令正在处理 {folder.root}，请等待其结束。"
            ) from None
        yield
