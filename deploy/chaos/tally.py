"""What the clients saw: every status, every silence, and what was acknowledged to them."""

import threading
from collections import Counter
from dataclasses import dataclass, field

# What a client may see whatever dies (api.md); 2xx beside these.
EXPECTED = frozenset({409, 429, 503})
_SAMPLES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A report that was acknowledged: its key, and what was opened for it."""

    number: int
    key: str
    incident_id: str
    matter_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped:
    """A step that was acknowledged."""

    key: str
    incident_id: str
    step: str


@dataclass(slots=True)
class Tally:
    """The counts of all clients; each of its methods may be called by several threads."""

    # The keys of all orders that went out, acknowledged or not.
    sent: set[str] = field(default_factory=set)
    opened: list[Opened] = field(default_factory=list)
    stepped: list[Stepped] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    # Connections that broke or were refused: the edge was dead.
    cut_off: int = 0
    # Requests that a living edge left without an answer.
    unanswered: int = 0
    given_up: int = 0
    samples: list[str] = field(default_factory=list)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def saw(self, status: int, path: str, text: str) -> None:
        """Count an answer; of an unexpected one its text is kept."""
        with self._turn:
            self.statuses[status] += 1
            if not is_expected(status) and len(self.samples) < _SAMPLES:
                self.samples.append(f"{status} {path}: {text[:400]}")

    def was_cut_off(self) -> None:
        with self._turn:
            self.cut_off += 1

    def got_no_answer(self, path: str) -> None:
        with self._turn:
            self.unanswered += 1
            self.samples.append(f"no answer: {path}")

    def gave_up(self, key: str) -> None:
        with self._turn:
            self.given_up += 1
            if len(self.samples) < _SAMPLES:
                self.samples.append(f"given up: {key}")

    @property
    def unexpected(self) -> int:
        return sum(n for status, n in self.statuses.items() if not is_expected(status))


def is_expected(status: int) -> bool:
    return 200 <= status < 300 or status in EXPECTED
