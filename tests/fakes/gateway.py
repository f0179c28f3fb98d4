"""The gateway's ports, kept in memory."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from io import SEEK_END
from typing import Any, BinaryIO

from services.gateway.domain.account import Account
from services.gateway.domain.going_file import AskedFile
from services.gateway.domain.held_right import HeldRight
from services.gateway.domain.kept_file import KeptFile, not_supported
from services.gateway.domain.kept_sign_in import KeptSignIn
from services.gateway.domain.reason import Reason
from services.gateway.domain.refresh_token import RefreshToken
from services.gateway.domain.second_factor import SecondFactor
from services.gateway.domain.sign_in_policy import Must
from services.gateway.ports import Challenge, Cleaned, Proof
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

    def forget_expired(self, account: str, before: datetime) -> None:
        for token in list(self.kept.values()):
            if token.account == account and token.expires_at < before:
                del self.kept[token.digest]


class FakeSignIns:
    def __init__(self) -> None:
        self.kept: dict[str, KeptSignIn] = {}

    def find(self, family: str) -> KeptSignIn | None:
        return self.kept.get(family)

    def add(self, sign_in: KeptSignIn) -> None:
        assert sign_in.family not in self.kept
        self.kept[sign_in.family] = sign_in

    def replace(self, sign_in: KeptSignIn) -> None:
        assert sign_in.family in self.kept
        self.kept[sign_in.family] = sign_in

    def end(self, family: str, at: datetime, because: str) -> None:
        if self.kept[family].ended_at is None:
            self.kept[family] = replace(self.kept[family], ended_at=at, ended_because=because)

    def end_all(self, account: str, at: datetime, because: str, *, but: str | None = None) -> None:
        for family, sign_in in self.kept.items():
            if sign_in.account == account and family != but:
                self.end(family, at, because)

    def forget_ended(self, account: str, before: datetime) -> None:
        for family, sign_in in list(self.kept.items()):
            if sign_in.account == account and sign_in.good_until < before:
                del self.kept[family]


class FakeOldPasswords:
    def __init__(self) -> None:
        self.kept: dict[str, list[str]] = {}

    def of(self, account: str, most: int) -> list[str]:
        return self.kept.get(account, [])[::-1][:most]

    def add(self, account: str, password_hash: str, at: datetime) -> None:
        self.kept.setdefault(account, []).append(password_hash)


class FakeSecondFactors:
    def __init__(self) -> None:
        self.kept: dict[str, SecondFactor] = {}
        self.codes: dict[str, set[str]] = {}

    def find(self, account: str) -> SecondFactor | None:
        return self.kept.get(account)

    def put(self, factor: SecondFactor) -> None:
        self.kept[factor.account] = factor

    def remove(self, account: str) -> None:
        del self.kept[account]
        self.codes.pop(account, None)

    def move(self, account: str, counter: int) -> bool:
        factor = self.kept[account]
        if factor.last_counter is not None and counter <= factor.last_counter:
            return False
        self.kept[account] = replace(factor, last_counter=counter)
        return True

    def keep_recovery_codes(self, account: str, digests: list[str]) -> None:
        self.codes[account] = set(digests)

    def use_recovery_code(self, account: str, digest: str, at: datetime) -> bool:
        left = self.codes.get(account, set())
        there = digest in left
        left.discard(digest)
        return there


class FakeChallenges:
    """Challenges that can be read: who, and when."""

    def give(self, account: str, now: datetime) -> str:
        return f"{account} since {now.isoformat()}"

    def read(self, challenge: str, now: datetime) -> Challenge | None:
        account, told, since = challenge.partition(" since ")
        return Challenge(account=account, since=datetime.fromisoformat(since)) if told else None


class FakeProofs:
    """Takes the proof "good" for one by the right key; anything else is said to be its flaw."""

    def flaw(self, proof: Proof, key: Mapping[str, Any], now: datetime) -> Reason | None:
        if proof.token is None:
            return Reason.PROOF_MISSING
        return None if proof.token == "good" else Reason(proof.token)


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
    def issue(
        self,
        account: Account,
        *,
        family: str,
        now: datetime,
        valid_for: timedelta,
        musts: tuple[Must, ...],
    ) -> str:
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

    def has(self, digest: str) -> bool:
        return digest in self.kept


class FakeKeptFiles:
    def __init__(self, transaction: FakeTransaction) -> None:
        self.kept: list[KeptFile] = []
        self.held: list[str] = []
        # What somebody else does in the moment before the bytes are held.
        self.before_holding: Callable[[], None] = lambda: None
        self._transaction = transaction

    def hold(self, digest: str) -> None:
        assert self._transaction.is_open
        self.before_holding()
        self.held.append(digest)

    def add(self, file: KeptFile) -> None:
        assert self._transaction.is_open
        self.kept.append(file)


class FakeGoingFiles:
    """Files by their ids, each with since when it is going."""

    def __init__(self, transaction: FakeTransaction, **going_at: datetime | None) -> None:
        self.going_at = dict(going_at)
        self.named_at: dict[str, datetime] = {}
        self._transaction = transaction

    def hold(self, file_ids: Sequence[str]) -> list[AskedFile]:
        assert self._transaction.is_open
        return [
            AskedFile(file_id=file_id, going_at=self.going_at[file_id])
            for file_id in file_ids
            if file_id in self.going_at
        ]

    def stay(self, file_ids: Sequence[str], named_at: datetime) -> None:
        self.named_at |= dict.fromkeys(file_ids, named_at)
        self.going_at |= dict.fromkeys(file_ids)

    def begin_to_go(self, file_ids: Sequence[str], since: datetime) -> None:
        self.going_at |= dict.fromkeys(file_ids, since)

    def forget(self, file_ids: Sequence[str]) -> None:
        for file_id in file_ids:
            del self.going_at[file_id]
