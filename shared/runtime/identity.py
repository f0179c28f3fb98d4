"""Who speaks: passports for calls and signatures for events, each by the key of the service it comes from.

The edge alone vouches for people: its passport says who calls, with which rights, and every service
on the way passes it on as it is. A service on its own account shows a passport of its own, and can
claim to be nobody else. Passports are JSON Web Tokens (RFC 7519) signed with Ed25519 (RFC 8037);
reading one anew costs 80 µs, so those that have been read are remembered until they end.
"""

import hashlib
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from functools import cache
from typing import Any

import jwt
import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.kernel.actor import PLATFORM, Actor, Right
from shared.kernel.rights import Role
from shared.runtime.call import HEADER_PREFIX, Call
from shared.runtime.identity_keys import IdentityKeys
from shared.runtime.settings import Settings

# The service that vouches for people.
EDGE = "gateway"
# Longer than any command takes, so that what is asked for on its way is asked in time.
VALID_S = 600
RENEWED_AFTER_S = 60
_MOST_REMEMBERED = 20_000
_ALGORITHM = "EdDSA"
_SIGNATURE = "signature"
_ROLES = {role.value: role for role in Role}


class Forged(Exception):
    """A call or an event does not come from where it says; the text says how that was seen."""


class Identity:
    """One service as a speaker: its own key, and the others' public ones."""

    def __init__(self, speaker: str, keys: IdentityKeys) -> None:
        self._speaker = speaker
        self._keys = keys
        self._own: Ed25519PrivateKey = keys.own(speaker)
        self._issued: dict[Actor, tuple[str, float]] = {}
        self._read: dict[str, tuple[Actor, float]] = {}

    def vouched(self, call: Call) -> Call:
        """Return the call with a passport: the one it came with, or one of this speaker's."""
        return call if call.passport is not None else call.with_passport(self._passport(call.actor))

    def bearer(self, passport: str | None) -> Actor:
        """Return whom a passport names; raises `Forged` for one that is not good."""
        if passport is None:
            raise Forged("no passport")
        known = self._read.get(passport)
        if known is None or known[1] <= time.time():
            known = self._read_anew(passport)
        return known[0]

    def sign(self, headers: Mapping[str, Any], payload: Any) -> dict[str, Any]:
        """Return the headers of an event with this speaker's signature over them and the payload."""
        signature = self._own.sign(_statement(headers, payload))
        return {**headers, _SIGNATURE: b64encode(signature).decode()}

    def check(self, speaker: str, headers: Mapping[str, Any], payload: Any) -> None:
        """See that *speaker* told this event; raises `Forged`."""
        try:
            signature = b64decode(headers[_SIGNATURE])
            self._keys.public(speaker).verify(signature, _statement(headers, payload))
        except (InvalidSignature, LookupError, TypeError, ValueError):
            raise Forged(f"not signed by {speaker}") from None

    def _passport(self, actor: Actor) -> str:
        now = time.time()
        known = self._issued.get(actor)
        if known is None or known[1] < now:
            if len(self._issued) >= _MOST_REMEMBERED:
                self._issued.clear()
            known = self._issued[actor] = self._issue(actor, now), now + RENEWED_AFTER_S
        return known[0]

    def _issue(self, actor: Actor, now: float) -> str:
        claims: dict[str, Any] = {"iss": self._speaker, "exp": int(now) + VALID_S}
        if self._speaker == EDGE:
            claims["sub"] = actor.account
            claims["rights"] = [[right.role.value, right.place_code] for right in actor.rights]
            claims["unit"] = actor.unit
        return jwt.encode(claims, self._own, _ALGORITHM, headers={"kid": self._speaker})

    def _read_anew(self, passport: str) -> tuple[Actor, float]:
        try:
            issuer = jwt.get_unverified_header(passport)["kid"]
            claims = jwt.decode(
                passport,
                self._keys.public(issuer),
                algorithms=[_ALGORITHM],
                issuer=issuer,
                options={"require": ["iss", "exp"]},
            )
            actor = _vouched_for(claims) if issuer == EDGE else _service(issuer)
        except (jwt.InvalidTokenError, LookupError, TypeError, ValueError) as error:
            raise Forged(f"passport not good: {type(error).__name__}") from None
        if len(self._read) >= _MOST_REMEMBERED:
            self._read.clear()
        known = self._read[passport] = actor, float(claims["exp"])
        return known


def _vouched_for(claims: Mapping[str, Any]) -> Actor:
    """Return the caller of the edge's passport; roles from tomorrow give no rights here."""
    rights = tuple(
        Right(role=_ROLES[role], place_code=place)
        for role, place in claims["rights"]
        if role in _ROLES
    )
    return Actor(account=claims["sub"], rights=rights, unit=claims["unit"])


def _service(name: str) -> Actor:
    return Actor(account=f"service:{name}", rights=PLATFORM.rights)


# What of an event's headers its teller answers for; others may note tries and reasons beside them.
_SIGNED = (
    "event_id",
    "event_type",
    "aggregate_id",
    "sequence",
    "occurred_at",
    "call_id",
    "account",
    "rights",
    "unit",
    "matter_no",
)


def _statement(headers: Mapping[str, Any], payload: Any) -> bytes:
    # A dead letter is kept, and sent again, without the prefix.
    plain = {name.removeprefix(HEADER_PREFIX): value for name, value in headers.items()}
    said = [plain.get(name) for name in _SIGNED]
    body = hashlib.sha256(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return orjson.dumps([*said, body])


@cache
def _identity(speaker: str, keys: IdentityKeys) -> Identity:
    return Identity(speaker, keys)


def identity_of(settings: Settings, speaker: str) -> Identity:
    """Return this process's identity as *speaker*; its key is made at the first start."""
    return _identity(speaker, IdentityKeys.of(settings))
