"""What the second step of signing in carries back: signed, good for minutes, kept nowhere."""

from datetime import UTC, datetime, timedelta

import jwt

from services.gateway.ports import Challenge
from services.gateway.store.signing_key import SigningKey

GOOD_FOR = timedelta(minutes=5)
_ALGORITHM = "HS256"
# An access token names no audience, so neither passes for the other.
_AUDIENCE = "wangge:second-factor"


class JwtChallenges:
    """Challenges signed with the key of the access tokens; its `fetch` comes first."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def give(self, account: str, now: datetime) -> str:
        claims = {"aud": _AUDIENCE, "sub": account, "iat": now, "exp": now + GOOD_FOR}
        return jwt.encode(claims, self._key.secret, algorithm=_ALGORITHM)

    def read(self, challenge: str, now: datetime) -> Challenge | None:
        try:
            claims = jwt.decode(
                challenge,
                self._key.secret,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                options={
                    "require": ["sub", "iat", "exp"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            since = datetime.fromtimestamp(claims["iat"], UTC)
        except (jwt.InvalidTokenError, TypeError, ValueError):
            return None
        if since + GOOD_FOR <= now:
            return None
        return Challenge(account=claims["sub"], since=since)
