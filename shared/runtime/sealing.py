"""Sealing: personal data encrypted and bound to its place, so that it opens nowhere else.

AES-256-GCM (NIST SP 800-38D) or SM4-GCM (GB/T 32907-2016), as `WANGGE_CIPHER` says; what was sealed with the
other opens all the same. A sealed value names its cipher and its key, so keys can change while services
run. A nonce is 96 random bits, good for 2^32 values a key (SP 800-38D, 8.3): rotate long before.
"""

import os
from base64 import b64decode, b64encode
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.runtime.keyring import KeyCommand, KeyFile, Keyring, Keys, KeySource
from shared.runtime.settings import CipherName, IndexDigest, Settings

NONCE_BYTES, TAG_BYTES = 12, 16
# The first byte of a sealed value, the first sign of a sealed text.
MARKS: dict[CipherName, int] = {"aes256": 1, "sm4": 2}
# The part of an event that is sealed.
PERSONAL = "personal"


class SealBroken(Exception):
    """A value does not open: it was changed, or stands where it was not sealed. The text quotes nothing."""


class Opener:
    """One key under one cipher."""

    def __init__(self, cipher: CipherName, secret: bytes) -> None:
        key = derived(secret, f"wangge {cipher}", 32)
        self._aes = AESGCM(key) if cipher == "aes256" else None
        self._sm4 = algorithms.SM4(key[:16])

    def close(self, text: bytes, about: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        if self._aes is not None:
            return nonce + self._aes.encrypt(nonce, text, about)
        closing = Cipher(self._sm4, modes.GCM(nonce)).encryptor()
        closing.authenticate_additional_data(about)
        closed = closing.update(text) + closing.finalize() + closing.tag
        return nonce + closed

    def open(self, closed: bytes, about: bytes) -> bytes:
        nonce, rest = closed[:NONCE_BYTES], closed[NONCE_BYTES:]
        if self._aes is not None:
            return self._aes.decrypt(nonce, rest, about)
        opening = Cipher(self._sm4, modes.GCM(nonce, rest[-TAG_BYTES:])).decryptor()
        opening.authenticate_additional_data(about)
        return opening.update(rest[:-TAG_BYTES]) + opening.finalize()


class Sealer:
    """Seals with the current key, opens with any of the keyring's.

    *at* is what a value belongs to, `table.column` or `event type.personal`; it opens there alone.
    """

    def __init__(self, keyring: Keyring, cipher: CipherName, index_digest: IndexDigest) -> None:
        self.keyring = keyring
        self.index_digest = index_digest
        self.cipher = cipher
        self._openers: dict[bytes, Opener] = {}
        self._keys: Keys | None = None

    def seal(self, text: bytes, at: str) -> bytes:
        head = head_of(self.cipher, self.keyring.keys.current)
        return head + self._opener(head).close(text, head + at.encode())

    def open(self, sealed: bytes, at: str) -> bytes:
        """Return what was sealed.

        Raises:
            SealBroken: it was changed, or sealed for another place.
            KeyMissing: its key is not in the keyring.
        """
        try:
            end = 2 + sealed[1]
            head = sealed[:end]
            return self._opener(head).open(sealed[end:], head + at.encode())
        except (InvalidTag, ValueError, IndexError):
            raise SealBroken(f"a value of {at} does not open") from None

    def seal_text(self, text: bytes, at: str) -> str:
        """Return *text* sealed as a text: `1.k2-9f3c.…`."""
        sealed = self.seal(text, at)
        end = 2 + sealed[1]
        return f"{sealed[0]}.{sealed[2:end].decode()}.{b64encode(sealed[end:]).decode()}"

    def open_text(self, sealed: str, at: str) -> bytes:
        """Return what was sealed as a text; raises as `open` does."""
        try:
            mark, key_id, closed = sealed.split(".")
            name = key_id.encode("ascii")
            return self.open(bytes((int(mark), len(name))) + name + b64decode(closed), at)
        except (ValueError, UnicodeError):
            raise SealBroken(f"a value of {at} is none that was sealed") from None

    def sealed_body(self, event_type: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return an event's body with its personal part sealed."""
        if not isinstance(body.get(PERSONAL), dict):
            return body
        text = orjson.dumps(body[PERSONAL])
        return body | {PERSONAL: self.seal_text(text, f"{event_type}.{PERSONAL}")}

    def opened_body(self, event_type: str, body: Any) -> Any:
        """Return an event's body with its personal part open; one told in clear is as it was."""
        sealed = body.get(PERSONAL) if isinstance(body, dict) else None
        if not isinstance(sealed, str):
            return body
        opened = orjson.loads(self.open_text(sealed, f"{event_type}.{PERSONAL}"))
        return body | {PERSONAL: opened}

    def _opener(self, head: bytes) -> Opener:
        if self.keyring.keys is not self._keys:
            # A key that was taken out of the keyring is to open nothing any more.
            self._keys = self.keyring.keys
            self._openers.clear()
        known = self._openers.get(head)
        if known is None:
            known = self._openers[head] = self._new_opener(head)
        return known

    def _new_opener(self, head: bytes) -> Opener:
        secret = self.keyring.secret(head[2:].decode("ascii"))
        for cipher, mark in MARKS.items():
            if mark == head[0]:
                return Opener(cipher, secret)
        raise ValueError("unknown cipher")


def is_body_under(body: Any, key_id: str) -> bool:
    """Tell whether the personal part of an event's body is sealed with a key."""
    sealed = body.get(PERSONAL) if isinstance(body, dict) else None
    return isinstance(sealed, str) and sealed.split(".")[1:2] == [key_id]


def head_of(cipher: CipherName, key_id: str) -> bytes:
    """Return how every value begins that is sealed with this key under this cipher."""
    return bytes((MARKS[cipher], len(key_id))) + key_id.encode()


def derived(secret: bytes, purpose: str, length: int) -> bytes:
    """Return a key for one purpose alone (HKDF, RFC 5869)."""
    return HKDF(hashes.SHA256(), length, salt=None, info=purpose.encode()).derive(secret)


_sealers: dict[tuple[object, ...], Sealer] = {}


def sealer_of(settings: Settings) -> Sealer:
    """Return the sealer of these settings, one in each process; it reads no key before it needs one."""
    which = (
        settings.keyring_command,
        settings.keyring_file,
        settings.cipher,
        settings.index_digest,
    )
    if which not in _sealers:
        source: KeySource = (
            KeyFile(settings.keyring_file)
            if settings.keyring_command is None
            else KeyCommand(settings.keyring_command)
        )
        _sealers[which] = Sealer(Keyring(source), settings.cipher, settings.index_digest)
    return _sealers[which]
