"""An administrator gives an account another password."""

from dataclasses import dataclass

from services.gateway.domain.account import check_new_account
from services.gateway.ports import Accounts, PasswordHasher, Transaction
from services.gateway.usecases.administer_accounts import no_such_account


@dataclass(frozen=True, slots=True)
class SetPassword:
    accounts: Accounts
    hasher: PasswordHasher
    transaction: Transaction

    def __call__(self, account: str, password: str) -> None:
        """Change the password, and unlock the account.

        Raises:
            Invalid: the password will not do.
            NotFound: there is no such account.
        """
        check_new_account(account, password)
        password_hash = self.hasher.hashed(password)
        with self.transaction.begin():
            found = self.accounts.find(account)
            if found is None:
                raise no_such_account(account)
            self.accounts.replace(found.after_success(password_hash=password_hash))
