"""Blind indexes: what personal data is found by without being there – a keyed digest of it.

A plain digest would not do: all telephone numbers there are can be digested in an hour. These are HMAC
(RFC 2104) with SHA-256 or, by `WANGGE_INDEX_DIGEST`, SM3 (GB/T 32905-2016).
"""

import hmac
from functools import lru_cache
from typing import Any, get_args

from sqlalchemy import Column, ColumnElement, Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from shared.kernel.personal_data import Masked, Phone
from shared.runtime.sealing import Sealer, derived
from shared.runtime.settings import IndexDigest

# Of so many rows that none is found by mistake; a digest in full would say no more.
INDEX_BYTES = 16


class BlindIndex(TypeDecorator[bytes]):
    """A column that another one is found by: given the personal field, it keeps its digest alone.

    Its key is derived from the one the field is sealed with, so both change together.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, of: str) -> None:
        self.of = of
        super().__init__()

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None or isinstance(value, bytes):
            return value
        sealer: Sealer = vars(dialect)["sealer"]
        return index_of(sealer, value, self.of)


def is_same(column: Column[bytes], sealer: Sealer, sought: Masked) -> ColumnElement[bool]:
    """Return "its field is *sought*" as a condition that an index answers.

    While keys rotate, rows are indexed under one or another.
    """
    kind = column.type
    assert isinstance(kind, BlindIndex)  # noqa: S101
    return column.in_(all_indexes_of(sealer, sought, kind.of))


def index_of(sealer: Sealer, value: Masked, at: str) -> bytes:
    """Return the digest under the current key."""
    current = sealer.keyring.keys.current
    return _digest(sealer, current, sealer.index_digest, value, at)


def all_indexes_of(sealer: Sealer, value: Masked, at: str) -> list[bytes]:
    """Return the digests under every key and of both kinds."""
    return [
        _digest(sealer, key_id, kind, value, at)
        for key_id in sealer.keyring.keys.keys
        for kind in get_args(IndexDigest)
    ]


def _digest(sealer: Sealer, key_id: str, kind: IndexDigest, value: Masked, at: str) -> bytes:
    key = _index_key(sealer.keyring.secret(key_id))
    return hmac.digest(key, f"{at}\0{_normal(value)}".encode(), kind)[:INDEX_BYTES]


def _normal(value: Masked) -> str:
    return value.normal if isinstance(value, Phone) else value.plain.strip().upper()


@lru_cache(maxsize=64)
def _index_key(secret: bytes) -> bytes:
    return derived(secret, "wangge blind index", 32)
