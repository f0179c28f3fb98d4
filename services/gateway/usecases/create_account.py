"""Somebody gets an account."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.gateway.domain.account import Account, check_new_account
from services.gateway.domain.held_right import HeldRight, check_separation
from services.gateway.domain.password_rules import PasswordRules
from services.gateway.ports import (
    AccountRights,
    Accounts,
    OldPasswords,
    PasswordHasher,
    Transaction,
)
from shared.kernel.actor import Right
from shared.kernel.clock import Clock
from shared.kernel.errors import RuleBroken
from shared.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOrder:
    """What the security administrator says of a new account."""

    account: str
    name: str
    password: str = field(repr=False)
    unit: str | None
    rights: tuple[Right, ...]


def account_taken(account: str) -> RuleBroken:
    return RuleBroken(
        code="account_taken",
        zh=f"账号 {account} 已存在。",
        en=f"There is an account {account} already.",
    )


@dataclass(frozen=True, slots=True)
class CreateAccount:
    accounts: Accounts
    rights: AccountRights
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
        rights: Sequence[Right],
        by: str,
        unit: str | None = None,
        is_own: bool = False,
    ) -> bool:
        """Make the account unless there is one; answer whether it was made.

        An account that is there stays as it is, its password too, so that seeding twice is safe. A
        password that *is_own* was chosen by whoever will use it, and is looked after outside of the
        platform: it is taken as it is. Any other has to follow the rules, and is changed at the first
        sign-in.

        Raises:
            Invalid: the account's name or password will not do.
            RuleBroken: one person may not hold these roles together.
        """
        check_new_account(account, password)
        check_separation(right.role for right in rights)
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
                    unit=unit,
                    password_hash=password_hash,
                    password_changed_at=None if is_own else now,
                    password_change_needed=not is_own,
                )
            )
            for right in rights:
                self.rights.add(
                    HeldRight(
                        right_id=new_id(),
                        account=account,
                        right=right,
                        granted_at=now,
                        granted_by=by,
                    )
                )
        return True
