"""Work in the background of this process, on a green thread where there are such."""

import threading
from collections.abc import Callable

from shared.runtime.green import is_green


def in_background(work: Callable[[], object], name: str) -> None:
    """Start *work* and return at once.

    A green `Thread.start` waits for the thread to begin, which the edge's loop must not do.
    """
    if is_green():
        from shared.runtime.green_threads import spawn

        spawn(work)
    else:
        threading.Thread(target=work, name=name, daemon=True).start()
