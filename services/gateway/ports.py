"""What the gateway's use cases need from outside."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from services.gateway.domain.account import Account
from services.gateway.domain.held_right import HeldRight
from services.gateway.domain.kept_file import KeptFile
from services.gateway.domain.refresh_token import RefreshToken


class Accounts(Protocol):
    """Who may sign in."""

    def password_hash_of(self, account: str) -> str | None:
        """Return the hash without holding anything open: comparing it takes long."""
        ...

    def find(self, account: str) -> Account | None:
        """Return the account; inside a transaction nobody else changes it meanwhile."""
        ...

    def add(self, account: Account) -> None: ...

    def replace(self, account: Account) -> None: ...


class AccountRights(Protocol):
    """Who holds which right; writes belong to the open transaction."""

    def of(self, account: str) -> list[HeldRight]:
        """Return the rights an account holds, held or will hold, in the order they were given."""
        ...

    def add(self, held: HeldRight) -> None: ...

    def end(self, right_id: str, at: datetime) -> None: ...


class RefreshTokens(Protocol):
    """The sign-ins that can be renewed."""

    def find(self, digest: str) -> RefreshToken | None:
        """Return the token; inside a transaction nobody else uses it meanwhile."""
        ...

    def add(self, token: RefreshToken) -> None: ...

    def replace(self, token: RefreshToken) -> None: ...

    def revoke_family(self, family: str, at: datetime) -> None: ...

    def revoke_account(self, account: str, at: datetime) -> None:
        """End every sign-in of an account."""
        ...

    def forget_expired(self, account: str, before: datetime) -> None: ...


class PasswordHasher(Protocol):
    """Turns passwords into what may be kept of them."""

    def hashed(self, password: str) -> str: ...

    def fits(self, password: str, password_hash: str | None) -> bool:
        """Compare; without a hash do the same work and answer False."""
        ...

    def renewed(self, password: str, password_hash: str) -> str:
        """Return the hash, made anew when it was made with weaker parameters than today's."""
        ...


class AccessTokens(Protocol):
    """Short-lived proof of a sign-in that needs no look-up."""

    def issue(self, account: Account, *, family: str, now: datetime) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """An upload whose kind is known from its content, without the metadata it came with."""

    media_type: str
    content: BinaryIO
    size: int


class Cleaner(Protocol):
    """Knows files by their content."""

    def cleaned(self, upload: BinaryIO) -> Cleaned:
        """Return what it is, rid of metadata.

        Raises:
            NotSupported: it is none of the kinds that are kept, or it is broken.
        """
        ...


class BlobStore(Protocol):
    """Keeps bytes by what they are."""

    def put(self, content: BinaryIO) -> str:
        """Return the SHA-256 of what was kept, in hex."""
        ...


class KeptFiles(Protocol):
    """What was uploaded, by whom and when."""

    def add(self, file: KeptFile) -> None: ...


class Transaction(Protocol):
    """What is written inside is kept whole or not at all."""

    def begin(self) -> AbstractContextManager[None]: ...
