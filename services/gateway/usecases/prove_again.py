"""Somebody signed in shows once more that it is he, before something that a thief of his token would do."""

from dataclasses import dataclass

from services.gateway.domain.account import Account
from services.gateway.domain.reason import GUESSES, Reason
from services.gateway.ports import Accounts, PasswordHasher
from services.gateway.usecases.second_factor_check import SecondFactorCheck
from shared.kernel.clock import Clock


@dataclass(eq=False)
class NotProved(Exception):
    """He did not; what was counted is to be kept all the same, then `refusal` is told."""

    reason: Reason
    locks: bool = False


@dataclass(frozen=True, slots=True)
class ProveAgain:
    """Failures count towards the lock, as at the door."""

    accounts: Accounts
    hasher: PasswordHasher
    check: SecondFactorCheck
    clock: Clock

    def fits(self, account: str, password: str) -> bool:
        """Compare the password; takes long, so hold nothing."""
        return self.hasher.fits(password, self.accounts.password_hash_of(account))

    def held(self, account: str, *, fits: bool = True, code: str | None = None) -> Account:
        """Return the account, held; an empty *code* stands for a code that was not given.

        Raises:
            NotProved: it is locked, the password did not fit, or the code is wrong.
        """
        now = self.clock()
        found = self.accounts.find(account)
        if found is None or not found.may_try(now):
            raise NotProved(Reason.ACCOUNT_GONE if found is None else Reason.LOCKED)
        reason = None if fits else Reason.WRONG_PASSWORD
        if reason is None and code is not None:
            reason = self.check(found, code, now)
        if reason is None:
            return found
        raise self.counted(found, reason)

    def counted(self, found: Account, reason: Reason) -> NotProved:
        """Count a failure, and return what is raised of it."""
        now = self.clock()
        after = found.after_failure(now) if reason in GUESSES else found
        self.accounts.replace(after)
        return NotProved(reason, locks=after.is_locked(now))
