"""Somebody signs in with account and password."""

from dataclasses import dataclass

from services.gateway.domain.account import is_account_name
from services.gateway.domain.reason import Reason
from services.gateway.ports import Accounts, PasswordHasher, Transaction
from services.gateway.usecases.entering import Entering, Entry
from services.gateway.usecases.signed_in import SignedIn, TurnedAway
from shared.kernel.clock import Clock

_NOTHING_MORE = Entry()


@dataclass(frozen=True, slots=True)
class SignIn:
    accounts: Accounts
    hasher: PasswordHasher
    entering: Entering
    transaction: Transaction
    clock: Clock

    def __call__(
        self, account: str, password: str, entry: Entry = _NOTHING_MORE
    ) -> SignedIn | TurnedAway:
        """Return the tokens, or why not; what a failure leaves behind is to be kept all the same.

        Unknown, locked and inactive accounts cost the same work as a wrong password.
        """
        known = self.accounts.password_hash_of(account) if is_account_name(account) else None
        fits = self.hasher.fits(password, known)
        renewed = self.hasher.renewed(password, known) if known and fits else None
        if known is None:
            return TurnedAway(reason=Reason.UNKNOWN_ACCOUNT)
        with self.transaction.begin():
            return self._decided(account, known, renewed, entry)

    def _decided(
        self, account: str, known: str, renewed: str | None, entry: Entry
    ) -> SignedIn | TurnedAway:
        # Looked at anew: others may have failed, and locked it, while the password was compared.
        now = self.clock()
        held = self.accounts.find(account)
        if held is None:
            return TurnedAway(reason=Reason.UNKNOWN_ACCOUNT)
        if (away := self.entering.why_not(held, now)) is not None:
            return away
        if renewed is None:
            return self.entering.failed(held, Reason.WRONG_PASSWORD, now)
        if held.password_hash != known:
            # Changed meanwhile: what was compared is the password of before.
            return TurnedAway(reason=Reason.WRONG_PASSWORD, account=held)
        return self.entering(held, entry, password_hash=renewed)
