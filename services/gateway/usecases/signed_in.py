"""What somebody who has signed in holds, and how it is made."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from services.gateway.domain.account import Account
from services.gateway.domain.kept_sign_in import Device, KeptSignIn
from services.gateway.domain.reason import Reason
from services.gateway.domain.refresh_token import RefreshToken
from services.gateway.domain.sign_in_policy import Must, SignInPolicy
from services.gateway.ports import AccessTokens, RefreshTokens, SignIns
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The two tokens of a sign-in; the refresh token is shown here once and never kept."""

    access_token: str
    refresh_token: str
    expires_in: int
    account: Account
    musts: tuple[Must, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedAway:
    """Why somebody was not let in, and whose account it was about; None where there is none.

    `gone` is the name of one that there was.
    """

    reason: Reason
    account: Account | None = None
    gone: str | None = None
    challenge: str | None = None
    locks: bool = False


def digest_of(token: str) -> str:
    """Return what is kept of a token: it is random, so a plain digest gives nothing away."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class TokenIssue:
    """Gives out tokens; every sign-in and every renewal ends here."""

    sign_ins: SignIns
    refresh_tokens: RefreshTokens
    access_tokens: AccessTokens
    policy: SignInPolicy
    clock: Clock

    def begin(self, account: Account, device: Device) -> SignedIn:
        """Give an account the tokens of a new sign-in."""
        now = self.clock()
        lasting = self.policy.lasting(account)
        sign_in = KeptSignIn(
            family=new_id(),
            account=account.account,
            since=now,
            renewed_at=now,
            good_until=now + min(lasting.idle, lasting.longest),
            ends_at=now + lasting.longest,
            device_name=device.name,
            device_key=device.key,
        )
        self.sign_ins.add(sign_in)
        return self._tokens(account, sign_in, now)

    def go_on(self, account: Account, sign_in: KeptSignIn) -> SignedIn:
        """Give an account the next tokens of a sign-in."""
        now = self.clock()
        # By the roles of today: an administrator's sign-in is shorter from now on.
        lasting = self.policy.lasting(account)
        ends_at = min(sign_in.ends_at, sign_in.since + lasting.longest)
        going_on = replace(sign_in, renewed_at=now, good_until=min(now + lasting.idle, ends_at))
        self.sign_ins.replace(going_on)
        return self._tokens(account, going_on, now)

    def _tokens(self, account: Account, sign_in: KeptSignIn, now: datetime) -> SignedIn:
        token = secrets.token_urlsafe(32)
        self.refresh_tokens.add(
            RefreshToken(
                digest=digest_of(token),
                family=sign_in.family,
                account=account.account,
                expires_at=sign_in.good_until,
            )
        )
        valid_for = min(self.policy.lasting(account).token, sign_in.ends_at - now)
        musts = self.policy.musts(account, now)
        return SignedIn(
            access_token=self.access_tokens.issue(
                account, family=sign_in.family, now=now, valid_for=valid_for, musts=musts
            ),
            refresh_token=token,
            expires_in=int(valid_for.total_seconds()),
            account=account,
            musts=musts,
        )
