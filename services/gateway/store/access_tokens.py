"""Access tokens: JSON Web Tokens (RFC 7519), signed with a key all copies of the edge share."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from services.gateway.domain.account import Account
from services.gateway.domain.not_signed_in import token_not_good
from services.gateway.store.tables import signing_key_table
from shared.kernel.actor import Actor
from shared.kernel.clock import china_now
from shared.runtime.database import ServiceDatabase

_ALGORITHM = "HS256"
_ISSUER = "wangge"
_NEEDED = ["iss", "sub", "exp", "sid"]
_ONLY_KEY = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What an access token says: whose it is, and which sign-in it belongs to. Rights are no part of it."""

    account: str
    family: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Who bears a good access token, with the rights he has now; both are to be asked anew in time."""

    actor: Actor
    name: str
    family: str
    expires_at: datetime


class JwtAccessTokens:
    """Issues access tokens and reads them. `fetch_key` comes first, outside any transaction."""

    def __init__(self, database: ServiceDatabase, valid_for: timedelta) -> None:
        self._database = database
        self._valid_for = valid_for
        self._key = ""

    def fetch_key(self) -> None:
        """Have the key at hand: made by whoever asks first, the same for all after."""
        if not self._key:
            self._key = self._kept_key() or self._new_key()

    def issue(self, account: Account, *, family: str, now: datetime) -> str:
        claims = {
            "iss": _ISSUER,
            "sub": account.account,
            "sid": family,
            "iat": now,
            "exp": now + self._valid_for,
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def read(self, token: str, *, now: datetime) -> Claims:
        """Return what a token says.

        Raises:
            NotSignedIn: it is not ours, was tampered with, or has expired.
        """
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                # Compared below, with the clock that is passed in.
                options={"require": _NEEDED, "verify_exp": False, "verify_iat": False},
            )
            said = _claims(claims)
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
            raise token_not_good() from None
        if said.expires_at <= now:
            raise token_not_good()
        return said

    def _kept_key(self) -> str | None:
        with self._database.reading() as connection:
            return connection.scalar(
                select(signing_key_table.c.secret).where(signing_key_table.c.id == _ONLY_KEY)
            )

    def _new_key(self) -> str:
        secret = secrets.token_hex(32)
        try:
            with self._database.writing() as connection:
                connection.execute(
                    insert(signing_key_table).values(
                        id=_ONLY_KEY, secret=secret, made_at=china_now()
                    )
                )
        except IntegrityError:
            # Another copy of the edge was first; its key is everybody's.
            return self._kept_key() or secret
        return secret


def _claims(claims: dict[str, object]) -> Claims:
    expires = claims["exp"]
    if not isinstance(expires, int):
        raise TypeError("claims of another shape")
    return Claims(
        account=str(claims["sub"]),
        family=str(claims["sid"]),
        expires_at=datetime.fromtimestamp(expires, UTC),
    )
