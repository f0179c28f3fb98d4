"""The keys that personal data is sealed with: read from a file or a command, never kept in a database.

The file is JSON, readable by its owner alone, and never made by whoever reads it:

    {"current": "k2-9f3c", "keys": {"k2-9f3c": {"key": "<32 bytes in base64>", "made_at": "…"}}, "index": "<32 bytes>"}

`index` is what words are blinded with so that they can be searched for; it stays when keys are rotated.
A key added to the file is known to running services within seconds: they look whether it has changed.
"""

import os
import re
import secrets
import shlex
import stat
import subprocess
import tempfile
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import orjson
import structlog

from shared.kernel.clock import china_now

KEY_BYTES = 32
LOOK_EVERY_S = 1.0
# A command may ask a device or another machine: seldom, unless something is sealed with a key unknown.
ASK_EVERY_S = 300.0
COMMAND_WITHIN_S = 20.0
_KEY_ID = re.compile(r"[a-z0-9-]{1,16}")
_NUMBERED = re.compile(r"k(\d+)-")

log = structlog.get_logger()


class KeyringUnusable(Exception):
    """The keyring cannot be read; the text says why and holds no key."""


class KeyringMissing(KeyringUnusable):
    """There is no keyring file; the text says in both languages what to do."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There is no keyring {path}: put the platform's own there, or name it in WANGGE_KEYRING; "
            f"for a new platform, `wangge keys init` makes one. · "
            f"没有密钥库 {path}：请放置本平台的密钥库，或以 WANGGE_KEYRING 指明；全新部署请先执行 wangge keys init。"
        )


class KeyMissing(Exception):
    """Something is sealed with a key that the keyring does not hold."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"sealed with key {key_id}, which the keyring does not hold")


@dataclass(frozen=True, slots=True)
class Key:
    """A key and when it was made."""

    secret: bytes
    made_at: datetime

    def __repr__(self) -> str:
        return f"Key(made_at={self.made_at})"


@dataclass(frozen=True, slots=True)
class Keys:
    """What a keyring holds."""

    current: str
    keys: Mapping[str, Key]
    index: bytes

    def __repr__(self) -> str:
        return f"Keys(current={self.current!r}, keys={sorted(self.keys)})"


class KeySource(Protocol):
    """Where the keys come from."""

    def read(self) -> Keys:
        """Return the keys; raises `KeyringUnusable`."""
        ...

    def may_have_changed(self) -> bool:
        """Tell whether a look is worth its cost."""
        ...


class Keyring:
    """The keys as this process knows them, read when first needed and again when they may have changed."""

    def __init__(self, source: KeySource) -> None:
        self._source = source
        self._keys: Keys | None = None
        self._look_at = 0.0

    @property
    def keys(self) -> Keys:
        if self._keys is None:
            self._keys = self._source.read()
        elif time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_EVERY_S
            if self._source.may_have_changed():
                self._read_again()
        return self._keys

    def _read_again(self) -> None:
        """Take what is there now; while that is nothing readable, what was known is good."""
        try:
            self._keys = self._source.read()
        except KeyringUnusable as reason:
            log.warning("keyring_not_read", reason=str(reason))

    def secret(self, key_id: str) -> bytes:
        """Return the key of that id; one just added elsewhere is looked for.

        Raises:
            KeyMissing: there is none.
        """
        known = self.keys.keys.get(key_id)
        if known is None:
            self._read_again()
            known = self.keys.keys.get(key_id)
        if known is None:
            raise KeyMissing(key_id)
        return known.secret


class KeyFile:
    """A file of keys."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int] | None = None

    def may_have_changed(self) -> bool:
        return self._stamp() not in (None, self._seen)

    def read(self) -> Keys:
        """Return the keys; raises `KeyringMissing` where there is no file, `KeyringUnusable` for any other."""
        self._seen = self._stamp()
        try:
            return keys_from(self.path.read_bytes())
        except FileNotFoundError:
            raise KeyringMissing(self.path) from None
        except OSError as error:
            raise KeyringUnusable(f"{self.path}: {error.strerror}") from None
        except ValueError as error:
            raise KeyringUnusable(f"{self.path}: {error}") from None

    def make(self) -> bool:
        """Make the file with a first key, unless there is one; tell whether it was made.

        Raises:
            KeyringUnusable: it cannot be written there.
        """
        if self._stamp() is not None:
            return False
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            made = self._written(first_keys())
            try:
                os.link(made, self.path)  # another process may be faster
            except FileExistsError:
                return False
            finally:
                made.unlink()
        except OSError as error:
            raise KeyringUnusable(f"{self.path}: {error.strerror}") from None
        return True

    def write(self, keys: Keys) -> None:
        """Replace the file, whole or not at all; whoever could read it still can."""
        written = self._written(keys)
        was = self.path.stat()
        written.chmod(stat.S_IMODE(was.st_mode))
        if os.geteuid() == 0:
            os.chown(written, was.st_uid, was.st_gid)
        written.replace(self.path)

    def _stamp(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino

    def _written(self, keys: Keys) -> Path:
        handle, scratch = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
        with os.fdopen(handle, "wb") as writing:  # readable by its owner alone
            writing.write(keys_to(keys))
            writing.flush()
            os.fsync(writing.fileno())
        return Path(scratch)


class KeyCommand:
    """A command that prints the keys: a key service, or a cryptographic device."""

    def __init__(self, command: str) -> None:
        self._arguments = shlex.split(command)
        self._ask_at = 0.0

    def may_have_changed(self) -> bool:
        return time.monotonic() >= self._ask_at

    def read(self) -> Keys:
        self._ask_at = time.monotonic() + ASK_EVERY_S
        try:
            said = subprocess.run(  # noqa: S603 – the operator's own, without a shell
                self._arguments, capture_output=True, check=True, timeout=COMMAND_WITHIN_S
            )
            return keys_from(said.stdout)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            # What it printed may be a key: only the kind of failure is told.
            raise KeyringUnusable(f"WANGGE_KEYRING_COMMAND: {type(error).__name__}") from None


def first_keys() -> Keys:
    """Return a keyring of one new key."""
    key_id = _new_id(1)
    index = secrets.token_bytes(KEY_BYTES)
    return Keys(current=key_id, keys={key_id: _new_key()}, index=index)


def with_new_key(keys: Keys) -> Keys:
    """Return the keyring with another key, which is the current one from now on."""
    numbers = [int(known[1]) for known in map(_NUMBERED.match, keys.keys) if known]
    key_id = _new_id(max(numbers, default=0) + 1)
    return replace(keys, current=key_id, keys={**keys.keys, key_id: _new_key()})


def without_key(keys: Keys, key_id: str) -> Keys:
    """Return the keyring without a key that is not the current one."""
    return replace(keys, keys={name: key for name, key in keys.keys.items() if name != key_id})


def _new_id(number: int) -> str:
    # Not the number alone: what another keyring's first key sealed must not seem to be damaged.
    return f"k{number}-{secrets.token_hex(2)}"


def _new_key() -> Key:
    return Key(secrets.token_bytes(KEY_BYTES), china_now())


def keys_from(text: bytes) -> Keys:
    """Return the keys that a file or a command has written.

    Raises:
        ValueError: it is no keyring; the text quotes none of it.
    """
    try:
        said: dict[str, Any] = orjson.loads(text)
        keys = Keys(
            current=said["current"],
            keys={key_id: _key_from(key) for key_id, key in said["keys"].items()},
            index=b64decode(said["index"], validate=True),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"this is no keyring ({type(error).__name__})") from None
    if keys.current not in keys.keys:
        raise ValueError("the current key is not among the keys")
    if any(_KEY_ID.fullmatch(key_id) is None for key_id in keys.keys):
        raise ValueError("a key's id is 1 to 16 small letters, digits and hyphens")
    if {KEY_BYTES} != {len(keys.index), *(len(key.secret) for key in keys.keys.values())}:
        raise ValueError("a key has 32 bytes")
    return keys


def _key_from(said: dict[str, str]) -> Key:
    return Key(
        secret=b64decode(said["key"], validate=True),
        made_at=datetime.fromisoformat(said["made_at"]),
    )


def keys_to(keys: Keys) -> bytes:
    """Return the keys as a file holds them."""
    return orjson.dumps(
        {
            "current": keys.current,
            "keys": {
                key_id: {
                    "key": b64encode(key.secret).decode(),
                    "made_at": key.made_at.isoformat(),
                }
                for key_id, key in keys.keys.items()
            },
            "index": b64encode(keys.index).decode(),
        },
        option=orjson.OPT_INDENT_2,
    )
