"""The security administrator gives accounts, takes them away, and says what they may do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.gateway.domain.account import Account
from services.gateway.domain.held_right import HeldRight, check_separation
from services.gateway.ports import AccountRights, Accounts, SignIns, Transaction
from shared.kernel.actor import Actor, Right
from shared.kernel.clock import Clock
from shared.kernel.errors import FieldError, Invalid, NotFound, RuleBroken
from shared.kernel.ids import new_id
from shared.kernel.rights import Role

ACCOUNT_CLOSED = "account_closed"


@dataclass(frozen=True, slots=True)
class AdministerAccounts:
    """Every change is one transaction; nobody changes what he may do himself."""

    accounts: Accounts
    rights: AccountRights
    sign_ins: SignIns
    transaction: Transaction
    clock: Clock

    def grant(self, account: str, rights: Sequence[Right], *, by: Actor) -> list[HeldRight]:
        """Give an account more rights.

        Raises:
            NotFound: there is no such account.
            Invalid: a right can be given to nobody, or ends before it begins.
            RuleBroken: one person may not hold these roles together, or gives them to himself.
        """
        _check_rights(rights)
        with self.transaction.begin():
            self._held(account, by)
            now = self.clock()
            standing = [
                held.right.role
                for held in self.rights.of(account)
                if held.right.valid_to is None or held.right.valid_to > now
            ]
            check_separation([*standing, *(right.role for right in rights)])
            given = [
                HeldRight(
                    right_id=new_id(),
                    account=account,
                    right=right,
                    granted_at=now,
                    granted_by=by.account,
                )
                for right in rights
            ]
            for held in given:
                self.rights.add(held)
        return given

    def end_right(self, account: str, right_id: str, *, by: Actor) -> None:
        """Take a right away from now on; taken away before, it stays so.

        Raises:
            NotFound: there is no such account, or it holds no such right.
            RuleBroken: he would take it from himself.
        """
        with self.transaction.begin():
            self._held(account, by)
            now = self.clock()
            held = next((r for r in self.rights.of(account) if r.right_id == right_id), None)
            if held is None:
                raise NotFound(
                    code="no_such_right",
                    zh="该账号没有这项权限。",
                    en="The account holds no such right.",
                )
            if held.right.valid_to is None or held.right.valid_to > now:
                self.rights.end(right_id, now)

    def set_active(self, account: str, is_active: bool, *, by: Actor) -> None:
        """Open or close an account; closing it ends all its sign-ins.

        Raises:
            NotFound: there is no such account.
            RuleBroken: it is his own.
        """
        with self.transaction.begin():
            held = self._held(account, by)
            self.accounts.replace(replace(held, is_active=is_active))
            if not is_active:
                self.sign_ins.end_all(account, self.clock(), ACCOUNT_CLOSED)

    def _held(self, account: str, by: Actor) -> Account:
        check_not_own(account, by)
        held = self.accounts.find(account)
        if held is None:
            raise no_such_account(account)
        return held


def check_not_own(account: str, by: Actor) -> None:
    """See that nobody administers himself; his own password he changes by the present one.

    Raises:
        RuleBroken: the account is his own.
    """
    if account == by.account:
        raise RuleBroken(
            code="not_your_own",
            zh="不能变更自己的账号与权限，请由另一位安全管理员办理。",
            en="You cannot change your own account or rights; another security administrator has to.",
        )


def no_such_account(account: str) -> NotFound:
    return NotFound(
        code="no_such_account",
        zh=f"没有账号 {account}。",
        en=f"There is no account {account}.",
    )


def _check_rights(rights: Sequence[Right]) -> None:
    errors = [
        FieldError(field=f"rights.{number}.{field}", code=code, zh=zh, en=en)
        for number, right in enumerate(rights)
        for field, code, zh, en in _wrong(right)
    ]
    if errors:
        raise Invalid(
            code="invalid",
            zh="权限不合要求，详见 errors。",
            en="A right is wrong; see errors.",
            errors=tuple(errors),
        )


def _wrong(right: Right) -> list[tuple[str, str, str, str]]:
    wrong = []
    if right.role is Role.SERVICE:
        wrong.append(("role", "not_for_people", "只属于服务", "services alone have it"))
    if right.valid_from and right.valid_to and right.valid_to <= right.valid_from:
        wrong.append(("valid_to", "ends_before_it_begins", "应晚于 valid_from", "has to be later"))
    return wrong
