"""Proofs that a device's key made a request (DPoP, RFC 9449), each good once."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from services.gateway.domain.reason import Reason
from services.gateway.ports import Proof
from services.gateway.store.public_keys import algorithm_of, fingerprint
from services.gateway.store.used_once import use_up
from shared.runtime.work import Work

# How far a device's clock may be from ours.
AROUND = timedelta(seconds=60)
_LONGEST_PROOF = 4096
_LONGEST_NAME = 200


class DpopProofs:
    """Proofs that are good once, through the work's connection."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def flaw(self, proof: Proof, key: Mapping[str, Any], now: datetime) -> Reason | None:
        """Return what is wrong with a proof; a good one is used up."""
        if proof.token is None:
            return Reason.PROOF_MISSING
        claims = _claims(proof, key)
        if claims is None:
            return Reason.PROOF_WRONG
        made_at = datetime.fromtimestamp(claims["iat"], UTC)
        if abs(now - made_at) > AROUND:
            return Reason.PROOF_STALE
        name = f"dpop:{fingerprint(key)}:{claims['jti']}"
        if use_up(self._work, name, now=now, until=made_at + 2 * AROUND):
            return None
        return Reason.PROOF_REPLAYED


def _claims(proof: Proof, key: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what the key says of this request; None where it says nothing, or of another."""
    if proof.token is None or len(proof.token) > _LONGEST_PROOF:
        return None
    try:
        said: dict[str, Any] = jwt.decode_complete(
            proof.token,
            jwt.PyJWK(dict(key), algorithm=algorithm_of(key)),
            algorithms=[algorithm_of(key)],
            options={"require": ["htm", "htu", "iat", "jti"], "verify_iat": False},
        )
        claims: dict[str, Any] = said["payload"]
        shown = fingerprint(said["header"]["jwk"])
        datetime.fromtimestamp(claims["iat"], UTC)
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
    fits = (
        str(said["header"].get("typ", "")).lower() == "dpop+jwt"
        and shown == fingerprint(key)
        and claims["htm"] == proof.method
        and str(claims["htu"]).partition("?")[0].partition("#")[0] == proof.url
        and isinstance(claims["jti"], str)
        and 0 < len(claims["jti"]) <= _LONGEST_NAME
    )
    return claims if fits else None
