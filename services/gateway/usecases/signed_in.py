"""What somebody who has signed in holds, and how it is made."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from services.gateway.domain.account import Account
from services.gateway.domain.refresh_token import RefreshToken
from services.gateway.ports import AccessTokens, RefreshTokens
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The two tokens of a sign-in; the refresh token is shown here once and never kept."""

    access_token: str
    refresh_token: str


def digest_of(token: str) -> str:
    """Return what is kept of a token: it is random, so a plain digest gives nothing away."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class TokenIssue:
    """Gives out tokens; both sign-in and renewal end here."""

    refresh_tokens: RefreshTokens
    access_tokens: AccessTokens
    clock: Clock
    refresh_for: timedelta

    def __call__(self, account: Account, *, family: str | None = None) -> SignedIn:
        """Give an account its tokens; *family* is the sign-in they go on with."""
        now = self.clock()
        family = family or new_id()
        token = secrets.token_urlsafe(32)
        self.refresh_tokens.add(
            RefreshToken(
                digest=digest_of(token),
                family=family,
                account=account.account,
                expires_at=now + self.refresh_for,
            )
        )
        return SignedIn(
            access_token=self.access_tokens.issue(account, family=family, now=now),
            refresh_token=token,
        )
