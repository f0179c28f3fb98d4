"""What the gateway's use cases need from outside."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Protocol

from services.gateway.domain.account import Account
from services.gateway.domain.export_columns import Row
from services.gateway.domain.going_file import AskedFile
from services.gateway.domain.held_right import HeldRight
from services.gateway.domain.kept_file import KeptFile
from services.gateway.domain.kept_sign_in import KeptSignIn
from services.gateway.domain.reason import Reason
from services.gateway.domain.refresh_token import RefreshToken
from services.gateway.domain.second_factor import SecondFactor
from services.gateway.domain.service_client import ServiceClient
from services.gateway.domain.sign_in_policy import Must


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

    def forget_expired(self, account: str, before: datetime) -> None: ...


class SignIns(Protocol):
    """Who is signed in, since when and on what."""

    def find(self, family: str) -> KeptSignIn | None:
        """Return the sign-in; inside a transaction nobody else changes it meanwhile."""
        ...

    def add(self, sign_in: KeptSignIn) -> None: ...

    def replace(self, sign_in: KeptSignIn) -> None: ...

    def end(self, family: str, at: datetime, because: str) -> None:
        """End a sign-in; one that has ended stays as it is."""
        ...

    def end_all(
        self, account: str, at: datetime, because: str, *, but: str | None = None
    ) -> None: ...

    def forget_ended(self, account: str, before: datetime) -> None: ...


class OldPasswords(Protocol):
    """The hashes of passwords an account has had, newest first."""

    def of(self, account: str, most: int) -> list[str]: ...

    def add(self, account: str, password_hash: str, at: datetime) -> None: ...


class SecondFactors(Protocol):
    """What makes accounts' codes, and which of them were used."""

    def find(self, account: str) -> SecondFactor | None: ...

    def put(self, factor: SecondFactor) -> None: ...

    def remove(self, account: str) -> None:
        """Remove the factor and its recovery codes."""
        ...

    def move(self, account: str, counter: int) -> bool:
        """Use a step's code up; False when this or a later one was used before, on any copy."""
        ...

    def keep_recovery_codes(self, account: str, digests: list[str]) -> None: ...

    def use_recovery_code(self, account: str, digest: str, at: datetime) -> bool:
        """Use a code up; False when there is none such left."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A password that was right, waiting for its second factor."""

    account: str
    since: datetime


class Challenges(Protocol):
    """What the second step of signing in carries back."""

    def give(self, account: str, now: datetime) -> str: ...

    def read(self, challenge: str, now: datetime) -> Challenge | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came with a request to show that the device's key made it (RFC 9449)."""

    token: str | None
    method: str
    url: str


class DeviceProofs(Protocol):
    """Knows proofs by the key that made them."""

    def flaw(self, proof: Proof, key: Mapping[str, Any], now: datetime) -> Reason | None:
        """Return what is wrong with a proof; a good one is used up."""
        ...


class Clients(Protocol):
    """Services and departments that sign in as themselves."""

    def find(self, client_id: str) -> ServiceClient | None: ...

    def add(self, client: ServiceClient) -> None: ...

    def replace(self, client: ServiceClient) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredential:
    """What a client shows: a secret, or an assertion that its key signed (RFC 7523)."""

    client_id: str
    secret: str | None = None
    assertion: str | None = None
    audiences: tuple[str, ...] = ()


class ClientCredentials(Protocol):
    """Compares what clients show with what is kept of them."""

    def flaw(
        self, shown: ClientCredential, client: ServiceClient, now: datetime
    ) -> Reason | None: ...


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

    def issue(
        self,
        account: Account,
        *,
        family: str,
        now: datetime,
        valid_for: timedelta,
        musts: tuple[Must, ...],
    ) -> str: ...


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

    def has(self, digest: str) -> bool: ...


class KeptFiles(Protocol):
    """What was uploaded, by whom and when."""

    def hold(self, digest: str) -> None:
        """Let nobody else keep or remove these bytes until the transaction ends."""
        ...

    def add(self, file: KeptFile) -> None: ...


class GoingFiles(Protocol):
    """What was uploaded and may be named by nobody; writes belong to the open transaction."""

    def hold(self, file_ids: Sequence[str]) -> list[AskedFile]:
        """Return those that are still there; nobody else changes them meanwhile."""
        ...

    def stay(self, file_ids: Sequence[str], named_at: datetime) -> None: ...

    def begin_to_go(self, file_ids: Sequence[str], since: datetime) -> None: ...

    def forget(self, file_ids: Sequence[str]) -> None:
        """Delete them, and note whose bytes may be needed no longer."""
        ...


class Transaction(Protocol):
    """What is written inside is kept whole or not at all."""

    def begin(self) -> AbstractContextManager[None]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A browser on its way to the identity provider and back."""

    nonce: str
    verifier: str
    return_to: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who somebody is to an identity provider; `account` is the one it says is his here."""

    issuer: str
    subject: str
    account: str | None


@dataclass(eq=False)
class ProviderRefused(Exception):
    """The identity provider does not say who it is, or nothing that can be believed."""

    reason: Reason


class IdentityProvider(Protocol):
    """Knows people by its own means."""

    @property
    def issuer(self) -> str: ...

    def address_for(self, visit: Visit, *, state: str, redirect_uri: str) -> str: ...

    def identity(self, code: str, visit: Visit, *, redirect_uri: str) -> Identity:
        """Return who came back; raises `ProviderRefused`."""
        ...


class Visits(Protocol):
    """Who is on the way, and who came back; each is taken once."""

    def put(self, state_digest: str, visit: Visit) -> None: ...

    def take(self, state_digest: str) -> Visit | None: ...

    def put_entry(self, code_digest: str, account: str, until: datetime) -> None: ...

    def take_entry(self, code_digest: str, now: datetime) -> str | None:
        """Return the account whose entry it is, unless it is too late."""
        ...


class Links(Protocol):
    """Which accounts may enter by an identity provider."""

    def account_of(self, issuer: str, subject: str) -> str | None: ...

    def fill(self, identity: Identity, at: datetime) -> bool:
        """Link the account that was allowed and has nobody's subject yet; False where there is none."""
        ...


class TableWriter(Protocol):
    """Writes the table of an export; before it is closed there may be no file."""

    def write(self, rows: Sequence[Row]) -> None: ...

    def close(self) -> None: ...
