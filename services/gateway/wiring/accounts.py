"""Accounts as whoever runs the platform makes them: their passwords are of his choosing."""

from collections.abc import Callable, Sequence
from contextlib import closing

from services.gateway.domain.password_rules import PasswordRules
from services.gateway.store.account_rights import SqlAccountRights
from services.gateway.store.accounts import SqlAccounts
from services.gateway.store.old_passwords import SqlOldPasswords
from services.gateway.store.password_hashes import Argon2Hasher
from services.gateway.store.sign_ins import SqlSignIns
from services.gateway.usecases.create_account import CreateAccount
from services.gateway.usecases.new_password import NewPassword
from services.gateway.usecases.set_password import SetPassword
from services.gateway.wiring.proving import Proving
from shared.kernel.actor import PLATFORM, Right
from shared.kernel.clock import china_now
from shared.kernel.rights import Role
from shared.runtime.database import ServiceDatabase
from shared.runtime.work import Work


def create_account(database: ServiceDatabase) -> Callable[..., bool]:
    """Return the use case that makes accounts, for seeding: the password is the owner's own."""

    def create(
        *,
        account: str,
        name: str,
        password: str,
        roles: Sequence[Role],
        place_code: str | None = None,
        unit: str | None = None,
    ) -> bool:
        """Make the account unless there is one; answer whether it was made."""
        with closing(Work(database)) as work:
            use_case = CreateAccount(
                SqlAccounts(database, work),
                SqlAccountRights(work),
                SqlOldPasswords(database, work),
                Argon2Hasher(),
                PasswordRules(),
                work,
                china_now,
            )
            made = use_case(
                account=account,
                name=name,
                password=password,
                rights=[Right(role=role, place_code=place_code) for role in roles],
                unit=unit,
                by=PLATFORM.account,
                is_own=True,
            )
            work.keep()
        return made

    return create


def set_password(database: ServiceDatabase) -> Callable[[str, str], None]:
    """Return the use case that changes a password, for seeding: it is the owner's own."""

    def set_one(account: str, password: str) -> None:
        with closing(Work(database)) as work:
            accounts, hasher = SqlAccounts(database, work), Argon2Hasher()
            new_password = NewPassword(
                accounts, SqlOldPasswords(database, work), hasher, PasswordRules(), china_now
            )
            use_case = SetPassword(
                accounts, SqlSignIns(work), hasher, new_password, work, china_now
            )
            use_case(account, password, is_own=True)
            work.keep()

    return set_one


def give_password(proving: Proving) -> Callable[[str, str], None]:
    """Return the use case by which an administrator gives a password, to be changed at the first sign-in."""

    def give(account: str, password: str) -> None:
        with proving.kept() as work:
            use_case = SetPassword(
                proving.accounts(work),
                SqlSignIns(work),
                proving.hasher,
                proving.new_password(work),
                work,
                proving.clock,
            )
            use_case(account, password)
        proving.ended(account)

    return give


def has_password(database: ServiceDatabase, account: str, password: str) -> bool:
    """Tell whether *password* is the account's, without the lock that guards signing in."""
    with closing(Work(database)) as work:
        known = SqlAccounts(database, work).password_hash_of(account)
    return Argon2Hasher().fits(password, known)
