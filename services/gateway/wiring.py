"""Puts real adapters behind the gateway's use cases."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, BinaryIO

from pydantic_core import to_jsonable_python
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from services.gateway import queries
from services.gateway.domain.account import is_account_name
from services.gateway.domain.not_signed_in import (
    refresh_refused,
    sign_in_refused,
    token_not_good,
)
from services.gateway.files.cleaning import ContentCleaner
from services.gateway.store.access_tokens import Bearer, JwtAccessTokens
from services.gateway.store.account_rights import SqlAccountRights
from services.gateway.store.accounts import SqlAccounts
from services.gateway.store.kept_files import FileBlobs, SqlKeptFiles
from services.gateway.store.password_hashes import Argon2Hasher
from services.gateway.store.refresh_tokens import SqlRefreshTokens
from services.gateway.usecases.administer_accounts import (
    AdministerAccounts,
    no_such_account,
)
from services.gateway.usecases.create_account import AccountOrder, CreateAccount, account_taken
from services.gateway.usecases.keep_file import KeepFile
from services.gateway.usecases.renew_sign_in import RenewSignIn
from services.gateway.usecases.set_password import SetPassword
from services.gateway.usecases.sign_in import SignIn
from services.gateway.usecases.sign_out import SignOut
from services.gateway.usecases.signed_in import SignedIn, TokenIssue, digest_of
from shared.kernel.actor import PLATFORM, Actor, Right
from shared.kernel.clock import Clock, china_now
from shared.kernel.errors import Refusal
from shared.kernel.rights import Role
from shared.runtime import audit
from shared.runtime.blobs import Blobs
from shared.runtime.call import Call
from shared.runtime.database import ServiceDatabase
from shared.runtime.database_errors import database_busy
from shared.runtime.settings import Settings
from shared.runtime.work import AnsweredBefore, Work

Compute = Callable[[Callable[[], Any]], Any]


def at_once(work: Callable[[], Any]) -> Any:
    return work()


class Desk:
    """What the edge does itself; every method waits for the database, so call it off the loop."""

    def __init__(
        self,
        settings: Settings,
        database: ServiceDatabase,
        blobs: Blobs,
        *,
        compute: Compute = at_once,
        clock: Clock = china_now,
    ) -> None:
        self._database = database
        self._clock = clock
        self._blobs = blobs
        self._compute = compute
        self._refresh_for = timedelta(hours=settings.refresh_hours)
        self._audit_digest = settings.audit_digest
        self._hasher = Argon2Hasher(compute)
        self._access_tokens = JwtAccessTokens(database, timedelta(minutes=settings.token_minutes))

    def sign_in(self, account: str, password: str, call: Call) -> SignedIn:
        """Return the tokens of a sign-in; raises `NotSignedIn`."""
        self._access_tokens.fetch_key()
        with self._kept() as work:
            accounts, tokens = SqlAccounts(self._database, work), SqlRefreshTokens(work)
            use_case = SignIn(
                accounts, tokens, self._hasher, self._issue(tokens), work, self._clock
            )
            signed_in = use_case(account, password)
            self._note(work, replace(call, actor=_named(accounts, account)), "sign_in", signed_in)
        if signed_in is None:
            raise sign_in_refused()
        return signed_in

    def renew(self, refresh_token: str, call: Call) -> SignedIn:
        """Return new tokens of a sign-in; raises `NotSignedIn`."""
        self._access_tokens.fetch_key()
        with self._kept() as work:
            accounts, tokens = SqlAccounts(self._database, work), SqlRefreshTokens(work)
            use_case = RenewSignIn(accounts, tokens, self._issue(tokens), work, self._clock)
            renewed = use_case(refresh_token)
            if renewed is None:
                token = tokens.find(digest_of(refresh_token))
                holder = _named(accounts, token.account if token else "")
                self._note(work, replace(call, actor=holder), "renew", None)
        if renewed is None:
            raise refresh_refused()
        return renewed

    def sign_out(self, family: str, call: Call) -> None:
        with self._kept() as work:
            SignOut(SqlRefreshTokens(work), work, self._clock)(family)
            self._note(work, call, "sign_out", family)

    def bearer_of(self, token: str) -> Bearer:
        """Return who holds an access token whose sign-in still stands; raises `NotSignedIn`."""
        self._access_tokens.fetch_key()
        now = self._clock()
        claims = self._access_tokens.read(token, now=now)
        with self._database.reading() as connection:
            holder = queries.holder_of(connection, claims.family, now)
        if holder is None or holder.actor.account != claims.account:
            raise token_not_good()
        return Bearer(
            actor=holder.actor,
            name=holder.name,
            family=claims.family,
            expires_at=min(claims.expires_at, holder.valid_to or claims.expires_at),
        )

    def note_refusal(self, call: Call, action: str, code: str) -> None:
        """Write into the trail that somebody was refused *action*."""
        audit.note_refusal(self._database, call, f"gateway.{action}", code, self._audit_digest)

    def keep_file(self, upload: BinaryIO, call: Call) -> dict[str, Any]:
        """Keep an upload once for each idempotency key; raises `NotSupported` or `Invalid`."""
        with closing(Work(self._database, call.command)) as work:
            try:
                work.raise_if_answered()
                # Cleaning takes long; nothing shall be held open meanwhile.
                work.close()
                answer = self._keep_file(work, upload, call)
                work.keep(answer)
            except AnsweredBefore as before:
                answer = before.answer
        return answer

    def _keep_file(self, work: Work, upload: BinaryIO, call: Call) -> dict[str, Any]:
        cleaner = ContentCleaner(self._compute)
        blobs = FileBlobs(self._blobs, self._compute)
        use_case = KeepFile(cleaner, blobs, SqlKeptFiles(work), work, self._clock)
        kept = use_case(upload, actor=call.actor)
        shown: dict[str, Any] = to_jsonable_python(
            {
                "id": kept.file_id,
                "sha256": kept.digest,
                "media_type": kept.media_type,
                "size": kept.size,
                "uploaded_at": kept.uploaded_at,
            }
        )
        return shown

    def keep_blob(self, content: BinaryIO) -> str:
        """Keep bytes for another service to read; return the name of the blob."""
        return FileBlobs(self._blobs, self._compute).put(content)

    def file_row(self, file_id: str) -> dict[str, Any] | None:
        with self._database.reading() as connection:
            return queries.file_row(connection, file_id)

    def unknown_files(self, file_ids: Sequence[str]) -> list[str]:
        with self._database.reading() as connection:
            return queries.unknown_files(connection, file_ids)

    def ready(self) -> None:
        """Return when the database answers; raises `Unavailable` when it does not."""
        try:
            with self._database.reading() as connection:
                connection.execute(select(1))
        except SQLAlchemyError:
            raise database_busy() from None

    def _note(self, work: Work, call: Call, action: str, done: object) -> None:
        audit.note(
            work,
            call,
            f"gateway.{action}",
            outcome=audit.DONE if done else "refused",
            algorithm=self._audit_digest,
        )

    def _issue(self, tokens: SqlRefreshTokens) -> TokenIssue:
        return TokenIssue(tokens, self._access_tokens, self._clock, self._refresh_for)

    @contextmanager
    def _kept(self) -> Iterator[Work]:
        with closing(Work(self._database)) as work:
            yield work
            work.keep()


class AccountDesk:
    """Accounts and their rights, as the security administrator keeps them; off the loop like `Desk`."""

    def __init__(
        self,
        settings: Settings,
        database: ServiceDatabase,
        *,
        compute: Compute = at_once,
        clock: Clock = china_now,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit_digest = settings.audit_digest
        self._hasher = Argon2Hasher(compute)

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
                SqlAccounts(self._database, work),
                SqlAccountRights(work),
                self._hasher,
                work,
                self._clock,
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
            accounts = SqlAccounts(self._database, work)
            SetPassword(accounts, self._hasher, work)(account, password)

        return self._ordered(call, "set_password", account, act)

    def _administer(self, work: Work) -> AdministerAccounts:
        return AdministerAccounts(
            SqlAccounts(self._database, work),
            SqlAccountRights(work),
            SqlRefreshTokens(work),
            work,
            self._clock,
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
                audit.note(
                    work, call, f"gateway.{action}", about=account, algorithm=self._audit_digest
                )
                work.keep(answer)
            except AnsweredBefore as before:
                answer = before.answer
            except Refusal as refusal:
                work.close()
                code = refusal.code
                audit.note_refusal(
                    self._database, call, f"gateway.{action}", code, self._audit_digest
                )
                raise
        return answer


def _json(value: Any) -> dict[str, Any]:
    shown: dict[str, Any] = to_jsonable_python(value)
    return shown


def _named(accounts: SqlAccounts, account: str) -> Actor:
    """Return the holder of an account; what is none may be a password typed in the wrong place."""
    found = accounts.find(account) if is_account_name(account) else None
    return Actor(account="unknown") if found is None else found.actor


def create_account(database: ServiceDatabase) -> Callable[..., bool]:
    """Return the use case that makes accounts, for seeding and administration."""

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
                Argon2Hasher(),
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
            )
            work.keep()
        return made

    return create


def set_password(database: ServiceDatabase) -> Callable[[str, str], None]:
    """Return the use case that changes a password, for seeding and administration."""

    def set_one(account: str, password: str) -> None:
        with closing(Work(database)) as work:
            SetPassword(SqlAccounts(database, work), Argon2Hasher(), work)(account, password)
            work.keep()

    return set_one


def has_password(database: ServiceDatabase, account: str, password: str) -> bool:
    """Tell whether *password* is the account's, without the lock that guards signing in."""
    with closing(Work(database)) as work:
        known = SqlAccounts(database, work).password_hash_of(account)
    return Argon2Hasher().fits(password, known)
