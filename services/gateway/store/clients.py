"""Clients in and out of their table, and what they show compared with what is kept of them."""

import hmac
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from sqlalchemy import insert, select, update

from services.gateway.domain.reason import Reason
from services.gateway.domain.service_client import ServiceClient
from services.gateway.ports import ClientCredential
from services.gateway.store.public_keys import algorithm_of
from services.gateway.store.tables import client_table
from services.gateway.store.used_once import use_up
from services.gateway.usecases.signed_in import digest_of
from shared.kernel.rights import Role
from shared.runtime.work import Work

# An assertion that is good for longer would have to be remembered for longer.
LONGEST_ASSERTION = timedelta(minutes=5)
# How far a client's clock may be from ours.
_AROUND = timedelta(seconds=60)
_NEEDED = ["iss", "sub", "aud", "exp", "jti"]


class SqlClients:
    """Clients in the database, through the work's connection."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def find(self, client_id: str) -> ServiceClient | None:
        asked = select(client_table).where(client_table.c.client_id == client_id)
        row = self._work.connection.execute(asked).first()
        return None if row is None else client_of(row)

    def add(self, client: ServiceClient) -> None:
        self._work.connection.execute(insert(client_table).values(**asdict(client)))

    def replace(self, client: ServiceClient) -> None:
        self._work.connection.execute(
            update(client_table)
            .where(client_table.c.client_id == client.client_id)
            .values(**asdict(client))
        )


def client_of(row: Any) -> ServiceClient:
    """Return the client that a row of its table holds."""
    fields = dict(row._mapping)
    fields["role"] = Role(fields["role"])
    return ServiceClient(**fields)


class ShownByClients:
    """Compares secrets, and assertions that a client's key signed (RFC 7523, 3), each good once."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def flaw(self, shown: ClientCredential, client: ServiceClient, now: datetime) -> Reason | None:
        """Return what is wrong with what was shown; a good assertion is used up."""
        if shown.assertion is not None:
            return self._flaw_of_assertion(shown, client, now)
        secret = digest_of(shown.secret or "")
        fits = hmac.compare_digest(secret, client.secret_digest or "")
        return None if fits else Reason.CLIENT_SECRET_WRONG

    def _flaw_of_assertion(
        self, shown: ClientCredential, client: ServiceClient, now: datetime
    ) -> Reason | None:
        claims = _claims(shown, client)
        if claims is None:
            return Reason.ASSERTION_WRONG
        until = datetime.fromtimestamp(claims["exp"], UTC)
        if not now - _AROUND < until <= now + LONGEST_ASSERTION + _AROUND:
            return Reason.ASSERTION_WRONG
        name = f"assertion:{client.client_id}:{claims['jti']}"
        if use_up(self._work, name, now=now, until=until + 2 * _AROUND):
            return None
        return Reason.ASSERTION_REPLAYED


def _claims(shown: ClientCredential, client: ServiceClient) -> dict[str, Any] | None:
    key = client.public_key
    if key is None:
        return None
    try:
        claims: dict[str, Any] = jwt.decode(
            shown.assertion or "",
            jwt.PyJWK(dict(key), algorithm=algorithm_of(key)),
            algorithms=[algorithm_of(key)],
            audience=list(shown.audiences),
            issuer=client.client_id,
            # Compared by the caller, with the clock that is passed in.
            options={"require": _NEEDED, "verify_exp": False, "verify_iat": False},
        )
        datetime.fromtimestamp(claims["exp"], UTC)
    except (jwt.PyJWTError, TypeError, ValueError, OverflowError, OSError):
        return None
    named = isinstance(claims["jti"], str) and claims["sub"] == client.client_id
    return claims if named else None
