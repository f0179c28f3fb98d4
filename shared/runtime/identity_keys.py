"""The keys services sign with: a private one each, and the public ones of all.

On one machine they lie in a folder, made when they are first needed: `<service>.key` is for its
owner's eyes (0600), `<service>.pub` for everybody's. In containers both come from the environment:
`WANGGE_IDENTITY_KEY` is the process's own, `WANGGE_IDENTITY_KEYS` the public ones, `name:key` by commas.
"""

import os
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from shared.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class IdentityKeys:
    """Where a process finds keys: in a folder, or given to it in base64."""

    folder: Path
    given: str | None = None
    given_public: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> "IdentityKeys":
        own, public = settings.identity_key, settings.identity_keys
        folder = (settings.data / "secrets" / "identities").resolve()
        return cls(folder, own.get_secret_value() if own else None, public)

    def own(self, service: str) -> Ed25519PrivateKey:
        """Return a service's private key; in a folder it is made when there is none."""
        if self.given is not None:
            return Ed25519PrivateKey.from_private_bytes(b64decode(self.given))
        file = self.folder / f"{service}.key"
        if not (file.exists() and file.with_suffix(".pub").exists()):
            _make(self.folder, service)
        return Ed25519PrivateKey.from_private_bytes(b64decode(file.read_text()))

    def public(self, service: str) -> Ed25519PublicKey:
        """Return a service's public key; raises `LookupError` when it has none."""
        return _public(self, service)


# A key never changes under its name, so each is read once.
@lru_cache(maxsize=256)
def _public(keys: IdentityKeys, service: str) -> Ed25519PublicKey:
    if not (service.isascii() and service.isidentifier()):
        raise LookupError("no service")
    if keys.given_public is not None:
        text = dict(each.split(":", 1) for each in keys.given_public.split(","))[service]
    else:
        try:
            text = (keys.folder / f"{service}.pub").read_text()
        except OSError:
            raise LookupError(service) from None
    return Ed25519PublicKey.from_public_bytes(b64decode(text))


def new_pair() -> tuple[str, str]:
    """Return a new private key and its public one, in base64."""
    key = Ed25519PrivateKey.generate()
    return _text(key.private_bytes_raw()), _text(key.public_key().public_bytes_raw())


def _make(folder: Path, service: str) -> None:
    """Make a service's keys; of two that begin at once the first one's stay."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    private, _ = new_pair()
    scratch = folder / f".{service}.{os.getpid()}"
    scratch.touch(mode=0o600)
    scratch.write_text(private)
    with suppress(FileExistsError):
        os.link(scratch, folder / f"{service}.key")
    scratch.unlink()
    kept = b64decode((folder / f"{service}.key").read_text())
    public = Ed25519PrivateKey.from_private_bytes(kept).public_key().public_bytes_raw()
    scratch.write_text(_text(public))
    scratch.replace(folder / f"{service}.pub")


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()
