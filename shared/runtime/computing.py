"""Long computing that must not hold up the loop: password hashes, images, large files."""

import threading
from collections.abc import Callable
from typing import TypeVar

from shared.runtime.green import is_green
from shared.runtime.turns import overloaded

Answer = TypeVar("Answer")

# Each may take a core, and 64 MB for a password or 300 MB for a large photo.
MOST_AT_ONCE = 4
PATIENCE_S = 5.0


class Computing:
    """Runs long work in a native thread, a few at a time; call it through `Edge.run`."""

    def __init__(self) -> None:
        self._turns = threading.BoundedSemaphore(MOST_AT_ONCE)

    def __call__(self, work: Callable[[], Answer]) -> Answer:
        """Return what *work* returns.

        Raises:
            Unavailable: too much is being computed already.
        """
        if not self._turns.acquire(timeout=PATIENCE_S):
            raise overloaded()
        try:
            # Under eventlet the caller is a green thread of the loop's own; elsewhere it is native.
            if is_green():
                from shared.runtime.green_threads import natively

                return natively(work)
            return work()
        finally:
            self._turns.release()
