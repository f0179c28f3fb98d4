"""Somebody signs in with account and password."""

from dataclasses import dataclass
from datetime import timedelta

from services.gateway.domain.account import Account, is_account_name
from services.gateway.ports import Accounts, PasswordHasher, RefreshTokens, Transaction
from services.gateway.usecases.signed_in import SignedIn, TokenIssue
from shared.kernel.clock import Clock

# Used-up tokens stay this long, so that one of them coming back is known for what it is.
EXPIRED_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SignIn:
    accounts: Accounts
    refresh_tokens: RefreshTokens
    hasher: PasswordHasher
    issue: TokenIssue
    transaction: Transaction
    clock: Clock

    def __call__(self, account: str, password: str) -> SignedIn | None:
        """Return the tokens, or None; what a failure leaves behind is to be kept all the same.

        Unknown, locked and inactive accounts cost the same work as a wrong password, and get the
        same answer.
        """
        known = self.accounts.password_hash_of(account) if is_account_name(account) else None
        fits = self.hasher.fits(password, known)
        renewed = self.hasher.renewed(password, known) if known and fits else None
        if known is None:
            return None
        with self.transaction.begin():
            # Looked at anew: others may have failed, and locked it, while this was compared.
            held = self.accounts.find(account)
            if held is None or not held.may_try(self.clock()):
                return None
            return self._decided(held, renewed)

    def _decided(self, held: Account, renewed: str | None) -> SignedIn | None:
        now = self.clock()
        if renewed is None:
            self.accounts.replace(held.after_failure(now))
            return None
        welcome = held.after_success(password_hash=renewed)
        self.accounts.replace(welcome)
        self.refresh_tokens.forget_expired(held.account, now - EXPIRED_KEPT)
        return self.issue(welcome)
