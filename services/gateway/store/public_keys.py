"""Public keys as JWK (RFC 7517): which are taken, and what their fingerprint is (RFC 7638)."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import jwt

from shared.kernel.errors import FieldError, Invalid

# What a fingerprint covers, by kind of key; all else, a private part above all, is left out.
_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}
_ALGORITHMS = {("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}


def algorithm_of(key: Mapping[str, Any]) -> str:
    """Return how a key that is taken signs (RFC 7518, RFC 8037)."""
    return _ALGORITHMS[(key["kty"], key["crv"])]


def read_public_key(text: str, field: str) -> dict[str, Any]:
    """Return the public part of a JWK on P-256 or Ed25519.

    Raises:
        Invalid: it is no such key, or it is a private one.
    """
    try:
        given = json.loads(text)
        if (given["kty"], given["crv"]) not in _ALGORITHMS or "d" in given:
            raise ValueError
        key = {name: str(given[name]) for name in _MEMBERS[given["kty"]]}
        jwt.PyJWK(key, algorithm=algorithm_of(key))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, jwt.PyJWTError):
        raise Invalid(
            code="invalid",
            zh="有字段不合要求，详见 errors。",
            en="Some fields are wrong; see errors.",
            errors=(
                FieldError(
                    field=field,
                    code="wrong_key",
                    zh="应为 P-256 或 Ed25519 公钥的 JWK（RFC 7517），不含私钥",
                    en="has to be the JWK (RFC 7517) of a public key on P-256 or Ed25519, without its private part",
                ),
            ),
        ) from None
    return key


def fingerprint(key: Mapping[str, Any]) -> str:
    """Return a key's SHA-256 thumbprint (RFC 7638, 3)."""
    members = {name: key[name] for name in _MEMBERS[key["kty"]]}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
