"""Keys of devices and clients under test, and what they sign."""

import json
import time
import uuid
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from jwt.algorithms import ECAlgorithm, OKPAlgorithm

from tests.component.gateway.browser import API

TOKEN_ADDRESS = f"http://edge{API}/auth/token"


class Key:
    """A private key on P-256 or Ed25519."""

    def __init__(self, kind: str = "EdDSA") -> None:
        self.kind = kind
        if kind == "ES256":
            self._private: Any = ec.generate_private_key(ec.SECP256R1())
            self.public: dict[str, Any] = ECAlgorithm.to_jwk(
                self._private.public_key(), as_dict=True
            )
        else:
            self._private = ed25519.Ed25519PrivateKey.generate()
            self.public = OKPAlgorithm.to_jwk(self._private.public_key(), as_dict=True)

    @property
    def jwk(self) -> str:
        return json.dumps(self.public)

    def signed(self, claims: dict[str, Any], **headers: Any) -> str:
        return jwt.encode(claims, self._private, algorithm=self.kind, headers=headers)

    def proof(self, **changed: Any) -> dict[str, str]:
        """Return the header of a proof for renewing a sign-in; *changed* claims may spoil it."""
        headers = {"typ": "dpop+jwt", "jwk": self.public} | changed.pop("headers", {})
        claims = {
            "htm": "POST",
            "htu": TOKEN_ADDRESS,
            "iat": int(time.time()),
            "jti": uuid.uuid4().hex,
        } | changed
        return {"DPoP": self.signed(claims, **headers)}

    def assertion(self, client_id: str, **changed: Any) -> dict[str, str]:
        """Return the form of a client that signs in by this key."""
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": TOKEN_ADDRESS,
            "exp": int(time.time()) + 60,
            "jti": uuid.uuid4().hex,
        } | changed
        return {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self.signed(claims),
        }
