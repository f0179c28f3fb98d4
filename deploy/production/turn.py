"""One command at a time works on a production platform."""

from collections.abc import Iterator
from contextlib import contextmanager

from deploy.data_folder import locked
from deploy.production.folder import ProductionFolder


@contextmanager
def turn(folder: ProductionFolder) -> Iterator[None]:
    """Have the turn to start or stop the platform in this folder.

    Raises:
        CannotStart: the folder cannot be written, or another command is at work on it.
    """
    busy = (
        f"Another up or down is at work on {folder.root}; wait for it. · "
        f"另一条启动或停止命令正在处理 {folder.root}，请等待其结束。"
    )
    with locked(folder.root, busy):
        folder.make()
        yield
