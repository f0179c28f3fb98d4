"""The last steps of every sign-in of a person: the second factor, then the tokens."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.gateway.domain.account import Account
from services.gateway.domain.kept_sign_in import Device
from services.gateway.domain.reason import GUESSES, Reason
from services.gateway.ports import Accounts, Challenges, RefreshTokens, SignIns
from services.gateway.usecases.second_factor_check import SecondFactorCheck
from services.gateway.usecases.signed_in import SignedIn, TokenIssue, TurnedAway
from shared.kernel.clock import Clock

# Used-up tokens stay this long, so that one of them coming back is known for what it is.
EXPIRED_KEPT = timedelta(days=1)
_NO_DEVICE = Device()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What comes with a sign-in beside the proof of who one is."""

    otp: str | None = None
    device: Device = _NO_DEVICE


@dataclass(frozen=True, slots=True)
class Entering:
    """Lets an account in that is held in a transaction and was proved to be the caller's."""

    accounts: Accounts
    sign_ins: SignIns
    refresh_tokens: RefreshTokens
    check: SecondFactorCheck
    challenges: Challenges
    issue: TokenIssue
    clock: Clock

    def __call__(
        self, held: Account, entry: Entry, *, password_hash: str | None = None
    ) -> SignedIn | TurnedAway:
        """Return the tokens, or what is still missing; wrong codes count towards the lock."""
        now = self.clock()
        reason = self.check(held, entry.otp, now)
        if reason is Reason.SECOND_FACTOR_NEEDED:
            # Failures stay counted: else the password alone would buy new guesses of the code.
            challenge = self.challenges.give(held.account, now)
            return TurnedAway(reason=reason, account=held, challenge=challenge)
        if reason is not None:
            return self.failed(held, reason, now)
        return self._welcome(held, entry.device, password_hash or held.password_hash, now)

    def failed(self, held: Account, reason: Reason, now: datetime) -> TurnedAway:
        """Count a failure."""
        after = held.after_failure(now) if reason in GUESSES else held
        if after != held:
            self.accounts.replace(after)
        return TurnedAway(reason=reason, account=held, locks=after.is_locked(now))

    def why_not(self, held: Account, now: datetime) -> TurnedAway | None:
        """Return why nothing that is shown is even looked at."""
        if held.may_try(now):
            return None
        return TurnedAway(reason=Reason.LOCKED if held.is_active else Reason.DISABLED, account=held)

    def _welcome(
        self, held: Account, device: Device, password_hash: str, now: datetime
    ) -> SignedIn:
        welcome = held.after_success(password_hash=password_hash)
        if welcome != held:
            self.accounts.replace(welcome)
        self.refresh_tokens.forget_expired(held.account, now - EXPIRED_KEPT)
        self.sign_ins.forget_ended(held.account, now - EXPIRED_KEPT)
        return self.issue.begin(welcome, device)
