"""Password hashes: argon2id (RFC 9106), computed where it does not hold up anything else."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# The computing is handed out: the caller knows how not to block its loop with it.
Compute = Callable[[Callable[[], Any]], Any]


class Argon2Hasher:
    """argon2id with the parameters that RFC 9106 recommends where memory is dear."""

    def __init__(self, compute: Compute = lambda work: work()) -> None:
        self._argon2 = PasswordHasher()
        self._compute = compute

    def hashed(self, password: str) -> str:
        return str(self._compute(lambda: self._argon2.hash(password)))

    def fits(self, password: str, password_hash: str | None) -> bool:
        compared = self._nobodys_hash if password_hash is None else password_hash
        same = bool(self._compute(lambda: self._verify(compared, password)))
        return same and password_hash is not None

    def renewed(self, password: str, password_hash: str) -> str:
        if not self._argon2.check_needs_rehash(password_hash):
            return password_hash
        return self.hashed(password)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._argon2.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _nobodys_hash(self) -> str:
        return self.hashed("a password nobody has")
