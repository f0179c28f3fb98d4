"""Password hashes: argon2id (RFC 9106), computed where it does not hold up anything else."""

from collections.abc import Callable
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# The computing is handed out: the caller knows how not to block its loop with it.
Compute = Callable[[Callable[[], Any]], Any]

# Of random characters nobody kept, made with the parameters of all others: comparing with it costs
# an unknown account the time of a known one.
NOBODYS_HASH = "$argon2id$v=19$m=65536,t=3,p=4$kzf6rIJs1cm5YSsCvVAPFg$/GRfPzO+SO6Ny9YLV5pgQFPH90YUrDUXOHPwHKVZxmU"


class Argon2Hasher:
    """argon2id with the parameters that RFC 9106 recommends where memory is dear."""

    def __init__(self, compute: Compute = lambda work: work()) -> None:
        self._argon2 = PasswordHasher()
        self._compute = compute

    def hashed(self, password: str) -> str:
        return str(self._compute(lambda: self._argon2.hash(password)))

    def fits(self, password: str, password_hash: str | None) -> bool:
        compared = NOBODYS_HASH if password_hash is None else password_hash
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
