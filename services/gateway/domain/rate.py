"""How often somebody may ask: a budget that fills again steadily, kept as one number a client.

It is the generic cell rate algorithm (ITU-T I.371, annex A), which is a token bucket that needs no
timer: what is remembered is the moment at which the budget will be whole again.
"""

from collections import OrderedDict
from dataclasses import dataclass

MINUTE_S = 60.0
# A client who is forgotten has a whole budget again; these are a few megabytes.
MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one client stands with one budget; `retry_after_s` is 0 when the request may go on."""

    budget: str
    quota: int
    window_s: float
    left: int
    retry_after_s: float

    @property
    def is_over(self) -> bool:
        return self.retry_after_s > 0


class Budget:
    """So many requests a minute, or in another window, for each client, all at once if wanted; 0 is no limit."""

    def __init__(self, name: str, quota: int, window_s: float = MINUTE_S) -> None:
        self.name = name
        self.quota = quota
        self.window_s = window_s
        self._whole_at: OrderedDict[str, float] = OrderedDict()

    def spend(self, client: str, now: float) -> Standing | None:
        """Return where *client* stands after one more request at *now*, in seconds of any clock."""
        if self.quota == 0:
            return None
        each_s = self.window_s / self.quota
        whole_at = max(self._whole_at.get(client, now), now) + each_s
        left_s = now + self.window_s - whole_at
        if left_s < -1e-6:
            return self._standing(0, -left_s)
        self._remember(client, whole_at)
        return self._standing(int(left_s / each_s + 1e-6), 0.0)

    def _standing(self, left: int, retry_after_s: float) -> Standing:
        return Standing(
            budget=self.name,
            quota=self.quota,
            window_s=self.window_s,
            left=left,
            retry_after_s=retry_after_s,
        )

    def _remember(self, client: str, whole_at: float) -> None:
        self._whole_at[client] = whole_at
        self._whole_at.move_to_end(client)
        if len(self._whole_at) > MOST_REMEMBERED:
            self._whole_at.popitem(last=False)
