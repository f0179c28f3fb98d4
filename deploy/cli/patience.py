"""How long a request that got no answer is tried again, and how long to wait between tries."""

import random
import time

_FIRST_S = 0.2
_LONGEST_S = 5.0


class Patience:
    """The patience with one request, which begins at its first failure.

    Waits double, with a random part so that workers do not come back all at once; what the server
    asks for (`Retry-After`) is kept to.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._next_s = _FIRST_S
        self._ends_at: float | None = None

    def pause_s(self, asked_s: float | None) -> float | None:
        """Return how long to wait before the next try, or None when patience has run out."""
        now = time.monotonic()
        if self._ends_at is None:
            self._ends_at = now + self._limit_s
        left = self._ends_at - now
        if left <= 0:
            return None
        own = self._next_s * random.uniform(0.5, 1.0)  # noqa: S311 – spreads load, guards nothing
        self._next_s = min(self._next_s * 2, _LONGEST_S)
        return min(own if asked_s is None else max(asked_s, own / 4), left)
