"""Access tokens: JSON Web Tokens (RFC 7519), signed with a key all copies of the edge share."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from services.gateway.domain.account import Account
from services.gateway.domain.not_signed_in import token_not_good
from services.gateway.domain.service_client import ServiceClient
from services.gateway.domain.sign_in_policy import Must
from services.gateway.store.signing_key import SigningKey
from shared.kernel.actor import Actor, Role

_ALGORITHM = "HS256"
_ISSUER = "wangge"
_NEEDED = ["iss", "sub", "exp", "sid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Who a good access token says its bearer is, and which sign-in it belongs to.

    `musts` is what he has to do before all else; a service or a department `is_client`.
    """

    actor: Actor
    name: str
    family: str
    expires_at: datetime
    musts: tuple[Must, ...] = ()
    is_client: bool = False


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
        return self._signed(account.actor, account.name, family, now, valid_for, **more)

    def issue_to_client(self, client: ServiceClient, *, now: datetime, valid_for: timedelta) -> str:
        # It has no sign-in of its own: it stands and falls with the client.
        return self._signed(
            client.actor, client.name, client.actor.account, now, valid_for, client=True
        )

    def _signed(
        self,
        actor: Actor,
        name: str,
        family: str,
        now: datetime,
        valid_for: timedelta,
        **more: object,
    ) -> str:
        claims = {
            "iss": _ISSUER,
            "sub": actor.account,
            "name": name,
            "roles": [role.value for role in actor.roles],
            "place": actor.place_code,
            "sid": family,
            "iat": now,
            "exp": now + valid_for,
        } | more
        return jwt.encode(claims, self._key.secret, algorithm=_ALGORITHM)

    def read(self, token: str, *, now: datetime) -> Bearer:
        """Return whose token it is.

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
            bearer = _bearer(claims)
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
            raise token_not_good() from None
        if bearer.expires_at <= now:
            raise token_not_good()
        return bearer


def _bearer(claims: dict[str, object]) -> Bearer:
    roles = claims["roles"]
    place = claims["place"]
    expires = claims["exp"]
    musts = claims.get("must", [])
    if not isinstance(roles, list) or not isinstance(expires, int) or not isinstance(musts, list):
        raise TypeError("claims of another shape")
    return Bearer(
        actor=Actor(
            account=str(claims["sub"]),
            roles=tuple(Role(role) for role in roles),
            place_code=None if place is None else str(place),
        ),
        name=str(claims["name"]),
        family=str(claims["sid"]),
        expires_at=datetime.fromtimestamp(expires, UTC),
        musts=tuple(Must(must) for must in musts),
        is_client=claims.get("client") is True,
    )
