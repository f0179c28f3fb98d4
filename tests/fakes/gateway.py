"""The gateway's ports, kept in memory."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from io import SEEK_END
from typing import BinaryIO

from services.gateway.domain.account import Account
from services.gateway.domain.held_right import HeldRight
from services.gateway.domain.kept_file import KeptFile, not_supported
from services.gateway.domain.refresh_token import RefreshToken
from services.gateway.ports import Cleaned
from shared.kernel.clock import CHINA


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=CHINA)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, span: timedelta) -> None:
        self.now += span


class FakeAccounts:
    def __init__(self) -> None:
        self.kept: dict[str, Account] = {}

    def password_hash_of(self, account: str) -> str | None:
        known = self.kept.get(account)
        return None if known is None else known.password_hash

    def find(self, account: str) -> Account | None:
        return self.kept.get(account)

    def add(self, account: Account) -> None:
        assert account.account not in self.kept
        self.kept[account.account] = account

    def replace(self, account: Account) -> None:
        assert account.account in self.kept
        self.kept[account.account] = account


class FakeAccountRights:
    def __init__(self) -> None:
        self.kept: dict[str, HeldRight] = {}

    def of(self, account: str) -> list[HeldRight]:
        return [held for held in self.kept.values() if held.account == account]

    def add(self, held: HeldRight) -> None:
        assert held.right_id not in self.kept
        self.kept[held.right_id] = held

    def end(self, right_id: str, at: datetime) -> None:
        held = self.kept[right_id]
        self.kept[right_id] = replace(held, right=replace(held.right, valid_to=at))


class FakeRefreshTokens:
    def __init__(self) -> None:
        self.kept: dict[str, RefreshToken] = {}

    def find(self, digest: str) -> RefreshToken | None:
        return self.kept.get(digest)

    def add(self, token: RefreshToken) -> None:
        assert token.digest not in self.kept
        self.kept[token.digest] = token

    def replace(self, token: RefreshToken) -> None:
        assert token.digest in self.kept
        self.kept[token.digest] = token

    def revoke_family(self, family: str, at: datetime) -> None:
        for token in list(self.kept.values()):
            if token.family == family and token.revoked_at is None:
                self.kept[token.digest] = replace(token, revoked_at=at)

    def revoke_account(self, account: str, at: datetime) -> None:
        for token in list(self.kept.values()):
            if token.account == account and token.revoked_at is None:
                self.kept[token.digest] = replace(token, revoked_at=at)

    def forget_expired(self, account: str, before: datetime) -> None:
        for token in list(self.kept.values()):
            if token.account == account and token.expires_at < before:
                del self.kept[token.digest]


class FakePasswordHasher:
    """Hashes that can be read; `compared` lists what was compared with, None for nobody's."""

    def __init__(self) -> None:
        self.compared: list[str | None] = []

    def hashed(self, password: str) -> str:
        return f"hash of {password}"

    def fits(self, password: str, password_hash: str | None) -> bool:
        self.compared.append(password_hash)
        return password_hash in {f"hash of {password}", f"old hash of {password}"}

    def renewed(self, password: str, password_hash: str) -> str:
        return self.hashed(password)


class FakeAccessTokens:
    def issue(self, account: Account, *, family: str, now: datetime) -> str:
        return f"access of {account.account} in {family}"


class FakeTransaction:
    """A transaction; `is_open` tells whether one is under way."""

    def __init__(self) -> None:
        self.is_open = False

    @contextmanager
    def begin(self) -> Iterator[None]:
        assert not self.is_open, "a call has one transaction"
        self.is_open = True
        try:
            yield
        finally:
            self.is_open = False


class FakeCleaner:
    """Takes anything that starts with "good" for a picture."""

    def cleaned(self, upload: BinaryIO) -> Cleaned:
        upload.seek(0)
        if not upload.read(4) == b"good":
            raise not_supported()
        return Cleaned(media_type="image/png", content=upload, size=upload.seek(0, SEEK_END))


class FakeBlobStore:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, content: BinaryIO) -> str:
        content.seek(0)
        held = content.read()
        digest = hashlib.sha256(held).hexdigest()
        self.kept[digest] = held
        return digest


class FakeKeptFiles:
    def __init__(self, transaction: FakeTransaction) -> None:
        self.kept: list[KeptFile] = []
        self._transaction = transaction

    def add(self, file: KeptFile) -> None:
        assert self._transaction.is_open
        self.kept.append(file)
