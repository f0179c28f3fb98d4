"""An ID token looked at (OpenID Connect Core 1.0, 3.1.3.7): whose it is, for whom, and how old."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import jwt

# Signed with a key of the provider's own; a shared secret or none at all is not taken.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
CLOCKS_APART_S = 60
_NEEDED = ["iss", "sub", "aud", "exp", "iat", "nonce"]
_DIGESTS = {"256": "sha256", "384": "sha384", "512": "sha512", "DSA": "sha512"}


class WrongIdToken(Exception):
    """The token does not say what it has to; why is for the log alone."""


class UnknownKey(WrongIdToken):
    """None of the provider's known keys is the one that is named: it may have changed them."""


def claims_of(
    token: str,
    *,
    keys: Sequence[Mapping[str, Any]],
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: str,
) -> dict[str, Any]:
    """Return what a good token claims.

    Raises:
        WrongIdToken: it is not the provider's, not for us, of another visit, or not of now.
    """
    try:
        header = jwt.get_unverified_header(token)
        algorithm = str(header.get("alg"))
        if algorithm not in ALGORITHMS:
            raise WrongIdToken("algorithm")
        key = jwt.PyJWK(dict(_key_named(header.get("kid"), keys)), algorithm=algorithm)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=issuer,
            audience=client_id,
            leeway=CLOCKS_APART_S,
            options={"require": _NEEDED},
        )
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        raise WrongIdToken(type(error).__name__) from None
    _check_party(claims, client_id)
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise WrongIdToken("nonce")
    at_hash = claims.get("at_hash")
    if at_hash is not None and at_hash != half_hash(access_token, algorithm):
        raise WrongIdToken("at_hash")
    return claims


def half_hash(text: str, algorithm: str) -> str:
    """Return the left half of a digest, as `at_hash` holds it (3.1.3.6)."""
    digest = hashlib.new(_DIGESTS[algorithm[-3:]], text.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def _key_named(kid: object, keys: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    signing = [key for key in keys if key.get("use", "sig") == "sig"]
    named = [key for key in signing if kid is None or key.get("kid") == kid]
    if len(named) != 1:
        raise UnknownKey("key")
    return named[0]


def _check_party(claims: Mapping[str, Any], client_id: str) -> None:
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if several and "azp" not in claims:
        raise WrongIdToken("azp")
    if claims.get("azp", client_id) != client_id:
        raise WrongIdToken("azp")
