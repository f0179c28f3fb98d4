"""The right to a new access token: used once, and its whole family falls when it is used twice.

A token that comes back after it was used has been copied, by its owner's mistake or a thief; which
of the two holds the newer one cannot be told, so neither may go on (RFC 9700, section 4.14.2).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto


class Verdict(Enum):
    """What to do with a refresh token that comes in."""

    RENEW = auto()
    REFUSE = auto()
    REVOKE_FAMILY = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """One link of a sign-in; only the digest of the token itself is kept."""

    digest: str
    family: str
    account: str
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None

    def verdict(self, now: datetime) -> Verdict:
        if self.revoked_at is not None:
            return Verdict.REFUSE
        if self.used_at is not None:
            return Verdict.REVOKE_FAMILY
        return Verdict.RENEW if now < self.expires_at else Verdict.REFUSE
