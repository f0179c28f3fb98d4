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
from services.gateway.store.accounts import SqlAccounts
from services.gateway.store.kept_files import FileBlobs, SqlKeptFiles
from services.gateway.store.password_hashes import Argon2Hasher
from services.gateway.store.refresh_tokens import SqlRefreshTokens
from services.gateway.usecases.create_account import CreateAccount
from services.gateway.usecases.keep_file import KeepFile
from services.gateway.usecases.renew_sign_in import RenewSignIn
from services.gateway.usecases.set_password import SetPassword
from services.gateway.usecases.sign_in import SignIn
from services.gateway.usecases.sign_out import SignOut
from services.gateway.usecases.signed_in import SignedIn, TokenIssue, digest_of
from shared.kernel.actor import Actor, Role
from shared.kernel.clock import Clock, china_now
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
            # An account is found to be changed, so it is held; nothing can be held in a reading.
            with work.begin():
                holder = _named(accounts, account)
            self._note(work, replace(call, actor=holder), "sign_in", signed_in)
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
                with work.begin():
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
        bearer = self._access_tokens.read(token, now=self._clock())
        with self._database.reading() as connection:
            if not queries.sign_in_stands(connection, bearer.family):
                raise token_not_good()
        return bearer

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
    ) -> bool:
        """Make the account unless there is one; answer whether it was made."""
        with closing(Work(database)) as work:
            use_case = CreateAccount(SqlAccounts(database, work), Argon2Hasher(), work)
            made = use_case(
                account=account, name=name, password=password, roles=roles, place_code=place_code
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
