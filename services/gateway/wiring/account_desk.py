"""The desk at which the security administrator keeps accounts and their rights."""

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from pydantic_core import to_jsonable_python

from services.gateway import queries
from services.gateway.store.account_rights import SqlAccountRights
from services.gateway.store.old_passwords import SqlOldPasswords
from services.gateway.store.sign_ins import SqlSignIns
from services.gateway.usecases.administer_accounts import (
    AdministerAccounts,
    check_not_own,
    no_such_account,
)
from services.gateway.usecases.create_account import AccountOrder, CreateAccount, account_taken
from services.gateway.usecases.set_password import SetPassword
from services.gateway.wiring.proving import Proving
from shared.kernel.actor import Right
from shared.kernel.errors import Refusal
from shared.runtime import audit
from shared.runtime.call import Call
from shared.runtime.work import AnsweredBefore, Work


class AccountDesk:
    """Accounts and their rights, as the security administrator keeps them; off the loop like `Desk`."""

    def __init__(self, proving: Proving) -> None:
        self._proving = proving
        self._database = proving.database

    def accounts(self, limit: int, cursor: str | None) -> dict[str, Any]:
        with self._database.reading() as connection:
            return _json(queries.accounts(connection, limit=limit, cursor=cursor))

    def account(self, name: str) -> dict[str, Any]:
        """Return an account; raises `NotFound`."""
        with self._database.reading() as connection:
            found = queries.account(connection, name)
        if found is None:
            raise no_such_account(name)
        return _json(found)

    def create(self, order: AccountOrder, call: Call) -> dict[str, Any]:
        """Make an account; raises `RuleBroken` when there is one of that name."""

        def act(work: Work) -> None:
            made = CreateAccount(
                self._proving.accounts(work),
                SqlAccountRights(work),
                SqlOldPasswords(self._database, work),
                self._proving.hasher,
                self._proving.policy.passwords,
                work,
                self._proving.clock,
            )(
                account=order.account,
                name=order.name,
                password=order.password,
                rights=order.rights,
                unit=order.unit,
                by=call.actor.account,
            )
            if not made:
                raise account_taken(order.account)

        return self._ordered(call, "create_account", order.account, act)

    def grant(self, account: str, rights: Sequence[Right], call: Call) -> dict[str, Any]:
        """Give an account rights; return it."""
        return self._ordered(
            call,
            "grant_rights",
            account,
            lambda work: self._administer(work).grant(account, rights, by=call.actor),
        )

    def end_right(self, account: str, right_id: str, call: Call) -> dict[str, Any]:
        """Take a right away; return the account."""
        return self._ordered(
            call,
            "end_right",
            account,
            lambda work: self._administer(work).end_right(account, right_id, by=call.actor),
        )

    def set_active(self, account: str, is_active: bool, call: Call) -> dict[str, Any]:
        """Open or close an account; return it."""
        return self._ordered(
            call,
            "open_account" if is_active else "close_account",
            account,
            lambda work: self._administer(work).set_active(account, is_active, by=call.actor),
        )

    def set_password(self, account: str, password: str, call: Call) -> dict[str, Any]:
        """Give an account another password; return it."""

        def act(work: Work) -> None:
            check_not_own(account, call.actor)
            SetPassword(
                self._proving.accounts(work),
                SqlSignIns(work),
                self._proving.hasher,
                self._proving.new_password(work),
                work,
                self._proving.clock,
            )(account, password)

        return self._ordered(call, "set_password", account, act)

    def note_refusal(self, call: Call, action: str, code: str) -> None:
        """Write into the trail that somebody was refused *action* at the door."""
        digest = self._proving.settings.audit_digest
        audit.note_refusal(self._database, call, f"gateway.{action}", code, digest)

    def _administer(self, work: Work) -> AdministerAccounts:
        return AdministerAccounts(
            self._proving.accounts(work),
            SqlAccountRights(work),
            SqlSignIns(work),
            work,
            self._proving.clock,
        )

    def _ordered(
        self, call: Call, action: str, account: str, act: Callable[[Work], object]
    ) -> dict[str, Any]:
        """Do what is ordered once for each idempotency key, and note it; return the account."""
        with closing(Work(self._database, call.command)) as work:
            try:
                work.raise_if_answered()
                act(work)
                answer = _json(queries.account(work.connection, account))
                self._proving.note(work, call, action, audit.DONE, account)
                work.keep(answer)
            except AnsweredBefore as before:
                answer = before.answer
            except Refusal as refusal:
                work.close()
                digest = self._proving.settings.audit_digest
                audit.note_refusal(self._database, call, f"gateway.{action}", refusal.code, digest)
                raise
        self._proving.ended(account)
        return answer


def _json(value: Any) -> dict[str, Any]:
    shown: dict[str, Any] = to_jsonable_python(value)
    return shown
