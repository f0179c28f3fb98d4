"""An account gets another password, which will do and is none of its last ones."""

from dataclasses import dataclass

from services.gateway.domain.account import Account
from services.gateway.domain.password_rules import OLD_PASSWORDS, PasswordRules, used_before
from services.gateway.ports import Accounts, OldPasswords, PasswordHasher
from shared.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class NewPassword:
    accounts: Accounts
    old_passwords: OldPasswords
    hasher: PasswordHasher
    rules: PasswordRules
    clock: Clock

    def hash_for(self, account: str, password: str) -> str:
        """Return the hash of a password that follows the rules; takes long, so hold nothing.

        Raises:
            Invalid: the password will not do.
        """
        self.rules.check(account, password)
        for known in self._known_hashes(account):
            if self.hasher.fits(password, known):
                raise used_before()
        return self.hasher.hashed(password)

    def choose(self, held: Account, password_hash: str) -> None:
        """Give the account that is held a password of its owner's choice."""
        now = self.clock()
        self._keep(held.with_password(password_hash, changed_at=now, change_needed=False))

    def give(self, held: Account, password_hash: str) -> None:
        """Give it one that its owner did not choose: to be changed at the first sign-in."""
        now = self.clock()
        self._keep(held.with_password(password_hash, changed_at=now, change_needed=True))

    def take_over(self, held: Account, password_hash: str) -> None:
        """Give it one that is looked after outside of the platform: it is never overdue."""
        self._keep(held.with_password(password_hash, changed_at=None, change_needed=False))

    def _keep(self, changed: Account) -> None:
        self.accounts.replace(changed)
        self.old_passwords.add(changed.account, changed.password_hash, self.clock())

    def _known_hashes(self, account: str) -> list[str]:
        present = self.accounts.password_hash_of(account)
        known = self.old_passwords.of(account, OLD_PASSWORDS)
        # The present one may have been made anew since, with other parameters.
        return known if known or present is None else [present]
