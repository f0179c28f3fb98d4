"""What is looked at in an ID token; each flaw alone is enough to refuse it."""

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from services.gateway.clients.id_token import UnknownKey, WrongIdToken, claims_of, half_hash

ISSUER, CLIENT, NONCE, ACCESS = "https://provider.example", "wangge", "n-1", "access"
_EC = ec.generate_private_key(ec.SECP256R1())
_RSA = rsa.generate_private_key(65537, 2048)
_ED = ed25519.Ed25519PrivateKey.generate()
KEYS: list[dict[str, Any]] = [
    ECAlgorithm.to_jwk(_EC.public_key(), as_dict=True) | {"kid": "ec", "use": "sig"},
    RSAAlgorithm.to_jwk(_RSA.public_key(), as_dict=True) | {"kid": "rsa"},
    OKPAlgorithm.to_jwk(_ED.public_key(), as_dict=True) | {"kid": "ed", "use": "sig"},
    {"kty": "RSA", "kid": "for-encryption", "use": "enc"},
]


def claims(**changed: Any) -> dict[str, Any]:
    said = {
        "iss": ISSUER,
        "sub": "somebody",
        "aud": CLIENT,
        "exp": int(time.time()) + 300,
        "iat": int(time.time()),
        "nonce": NONCE,
    }
    return {name: value for name, value in (said | changed).items() if value is not None}


def signed(payload: dict[str, Any], key: Any = _EC, kid: str = "ec", alg: str = "ES256") -> str:
    return jwt.encode(payload, key, algorithm=alg, headers={"kid": kid})


def read(token: str) -> dict[str, Any]:
    return claims_of(
        token, keys=KEYS, issuer=ISSUER, client_id=CLIENT, nonce=NONCE, access_token=ACCESS
    )


@pytest.mark.parametrize(
    ("key", "kid", "alg"),
    [
        (_EC, "ec", "ES256"),
        (_RSA, "rsa", "RS256"),
        (_RSA, "rsa", "PS256"),
        (_ED, "ed", "EdDSA"),
    ],
)
def test_takes_a_good_one_of_each_kind(key: Any, kid: str, alg: str) -> None:
    payload = claims(at_hash=half_hash(ACCESS, alg), azp=CLIENT)
    assert read(signed(payload, key, kid, alg))["sub"] == "somebody"


def test_knows_the_hash_of_the_standards_example() -> None:
    """OpenID Connect Core 1.0, A.3."""
    assert half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "RS256") == (
        "77QmUPtjPfzWtF2AnpK9RQ"
    )


WRONG: dict[str, Callable[[], str]] = {
    "another issuer's": lambda: signed(claims(iss="https://other.example")),
    "for another client": lambda: signed(claims(aud="other")),
    "for several without saying for whom": lambda: signed(claims(aud=[CLIENT, "other"])),
    "issued to another": lambda: signed(claims(aud=[CLIENT, "other"], azp="other")),
    "of another visit": lambda: signed(claims(nonce="n-2")),
    "of no visit": lambda: signed(claims(nonce=None)),
    "expired": lambda: signed(claims(exp=int(time.time()) - 61)),
    "of tomorrow": lambda: signed(claims(iat=int(time.time()) + 3600)),
    "without a time": lambda: signed(claims(iat=None)),
    "of nobody": lambda: signed(claims(sub=None)),
    "with another access token": lambda: signed(claims(at_hash=half_hash("x", "ES256"))),
    "of another key": lambda: signed(claims(), ec.generate_private_key(ec.SECP256R1())),
    "of a key of another kind": lambda: signed(claims(), _RSA, "ec", "RS256"),
    "not signed": lambda: jwt.encode(claims(), "", algorithm="none", headers={"kid": "ec"}),
    "signed with the public key as a secret": lambda: _with_the_public_key(),
    "no token": lambda: "nonsense",
    "empty": lambda: "",
}


def _with_the_public_key() -> str:
    """Forge it the old way, which the library itself refuses to help with."""
    import base64
    import hashlib
    import hmac
    import json

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    text = f"{part({'alg': 'HS256', 'kid': 'ec'})}.{part(claims())}"
    public = _EC.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    digest = hmac.new(public, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG)
def test_refuses_what_is_wrong(make: Callable[[], str]) -> None:
    with pytest.raises(WrongIdToken):
        read(make())


@pytest.mark.parametrize("kid", ["new", "for-encryption"])
def test_says_when_the_key_is_not_known(kid: str) -> None:
    with pytest.raises(UnknownKey):
        read(signed(claims(), kid=kid))
