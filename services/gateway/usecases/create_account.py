"""Somebody gets an account."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.domain.account import Account, check_new_account
from services.gateway.domain.password_rules import PasswordRules
from services.gateway.ports import Accounts, OldPasswords, PasswordHasher, Transaction
from shared.kernel.actor import Role
from shared.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class CreateAccount:
    accounts: Accounts
    old_passwords: OldPasswords
    hasher: PasswordHasher
    rules: PasswordRules
    transaction: Transaction
    clock: Clock

    def __call__(
        self,
        *,
        account: str,
        name: str,
        password: str,
        roles: Sequence[Role],
        place_code: str | None,
        is_own: bool = False,
    ) -> bool:
        """Make the account unless there is one; answer whether it was made.

        An account that is there stays as it is, its password too, so that seeding twice is safe. A
        password that *is_own* was chosen by whoever will use it, and is looked after outside of the
        platform: it is taken as it is. Any other has to follow the rules, and is changed at the first
        sign-in.

        Raises:
            Invalid: the account's name or password will not do.
        """
        check_new_account(account, password)
        if not is_own:
            self.rules.check(account, password)
        if self.accounts.password_hash_of(account) is not None:
            return False
        password_hash = self.hasher.hashed(password)
        with self.transaction.begin():
            if self.accounts.find(account) is not None:
                return False
            now = self.clock()
            self.old_passwords.add(account, password_hash, now)
            self.accounts.add(
                Account(
                    account=account,
                    name=name,
                    roles=tuple(roles),
                    place_code=place_code,
                    password_hash=password_hash,
                    password_changed_at=None if is_own else now,
                    password_change_needed=not is_own,
                )
            )
        return True
