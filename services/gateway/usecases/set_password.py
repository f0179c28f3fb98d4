"""An account is given another password, by an administrator or by the one who runs the platform."""

from dataclasses import dataclass

from services.gateway.domain.account import check_new_account
from services.gateway.ports import Accounts, PasswordHasher, SignIns, Transaction
from services.gateway.usecases.administer_accounts import no_such_account
from services.gateway.usecases.change_password import PASSWORD_CHANGED
from services.gateway.usecases.new_password import NewPassword
from shared.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class SetPassword:
    accounts: Accounts
    sign_ins: SignIns
    hasher: PasswordHasher
    new_password: NewPassword
    transaction: Transaction
    clock: Clock

    def __call__(self, account: str, password: str, *, is_own: bool = False) -> None:
        """Change the password, unlock the account and end its sign-ins.

        A password that *is_own* was chosen by whoever will use it, and is looked after outside of the
        platform: it is taken as it is. Any other has to follow the rules, and is changed at the first
        sign-in.

        Raises:
            Invalid: the password will not do.
            NotFound: there is no such account.
        """
        check_new_account(account, password)
        if is_own:
            password_hash = self.hasher.hashed(password)
        else:
            password_hash = self.new_password.hash_for(account, password)
        with self.transaction.begin():
            found = self.accounts.find(account)
            if found is None:
                raise no_such_account(account)
            if is_own:
                self.new_password.take_over(found, password_hash)
            else:
                self.new_password.give(found, password_hash)
            self.sign_ins.end_all(account, self.clock(), PASSWORD_CHANGED)
