"""Somebody gets an account."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.domain.account import Account, check_new_account
from services.gateway.ports import Accounts, PasswordHasher, Transaction
from shared.kernel.rights import Role


@dataclass(frozen=True, slots=True)
class CreateAccount:
    accounts: Accounts
    hasher: PasswordHasher
    transaction: Transaction

    def __call__(
        self,
        *,
        account: str,
        name: str,
        password: str,
        roles: Sequence[Role],
        place_code: str | None,
    ) -> bool:
        """Make the account unless there is one; answer whether it was made.

        An account that is there stays as it is, its password too, so that seeding twice is safe.

        Raises:
            Invalid: the account's name or password will not do.
        """
        check_new_account(account, password)
        if self.accounts.password_hash_of(account) is not None:
            return False
        password_hash = self.hasher.hashed(password)
        with self.transaction.begin():
            if self.accounts.find(account) is not None:
                return False
            self.accounts.add(
                Account(
                    account=account,
                    name=name,
                    roles=tuple(roles),
                    place_code=place_code,
                    password_hash=password_hash,
                )
            )
        return True
