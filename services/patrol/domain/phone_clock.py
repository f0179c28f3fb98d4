"""The clock of a phone, which may be wrong: how far it is off, as each message shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class PhoneClock:
    """How far a phone's clock is behind the platform's; ahead of it, less than nothing.

    It is the moment a message comes less the moment the phone believes to send it. What the line takes, mostly
    below a second, is taken for a part of it. Each message shows it anew, since people set clocks and networks
    do; what was recorded under another setting than that of sending cannot be told from it.
    """

    offset: timedelta

    @classmethod
    def shown_by(cls, sent_at: datetime | None, received_at: datetime) -> "PhoneClock":
        """Return the clock that a message shows; one that says nothing is right."""
        return cls(timedelta(0) if sent_at is None else received_at - sent_at)

    @property
    def offset_s(self) -> float:
        """Return how far it is behind, in seconds."""
        return self.offset.total_seconds()

    def corrected(self, at: datetime) -> datetime:
        """Return when something was that was at *at* by the phone's clock."""
        return at + self.offset
