"""Access tokens: JSON Web Tokens (RFC 7519), signed with a key all copies of the edge share."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from services.gateway.domain.account import Account
from services.gateway.domain.not_signed_in import token_not_good
from services.gateway.domain.service_client import ServiceClient
from services.gateway.domain.sign_in_policy import Must
from services.gateway.store.signing_key import SigningKey
from shared.kernel.actor import Actor

_ALGORITHM = "HS256"
_ISSUER = "wangge"
_NEEDED = ["iss", "sub", "exp", "sid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What an access token says: whose it is, and which sign-in it belongs to; nothing of rights.

    `musts` is what its bearer has to do before all else; a service or a department `is_client`.
    """

    account: str
    family: str
    expires_at: datetime
    musts: tuple[Must, ...] = ()
    is_client: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Who bears a good access token, with the rights he has now, until they are to be asked anew."""

    actor: Actor
    name: str
    family: str
    expires_at: datetime
    musts: tuple[Must, ...] = ()


class JwtAccessTokens:
    """Issues access tokens and reads them. The key's `fetch` comes first, outside any transaction."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def issue(
        self,
        account: Account,
        *,
        family: str,
        now: datetime,
        valid_for: timedelta,
        musts: tuple[Must, ...],
    ) -> str:
        more = {"must": [must.value for must in musts]} if musts else {}
        return self._signed(account.account, family, now, valid_for, **more)

    def issue_to_client(self, client: ServiceClient, *, now: datetime, valid_for: timedelta) -> str:
        # It has no sign-in of its own: it stands and falls with the client.
        return self._signed(client.actor.account, client.actor.account, now, valid_for, client=True)

    def _signed(
        self,
        account: str,
        family: str,
        now: datetime,
        valid_for: timedelta,
        **more: object,
    ) -> str:
        claims = {
            "iss": _ISSUER,
            "sub": account,
            "sid": family,
            "iat": now,
            "exp": now + valid_for,
        } | more
        return jwt.encode(claims, self._key.secret, algorithm=_ALGORITHM)

    def read(self, token: str, *, now: datetime) -> Claims:
        """Return what a token says.

        Raises:
            NotSignedIn: it is not ours, was tampered with, or has expired.
        """
        try:
            claims = jwt.decode(
                token,
                self._key.secret,
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


def _claims(claims: dict[str, object]) -> Claims:
    expires = claims["exp"]
    musts = claims.get("must", [])
    if not isinstance(expires, int) or not isinstance(musts, list):
        raise TypeError("claims of another shape")
    return Claims(
        account=str(claims["sub"]),
        family=str(claims["sid"]),
        expires_at=datetime.fromtimestamp(expires, UTC),
        musts=tuple(Must(must) for must in musts),
        is_client=claims.get("client") is True,
    )
