"""Lets in who has signed in, and remembers it for a moment so that not every call asks the database."""

import time
from collections.abc import Callable

from services.gateway.domain.not_signed_in import sign_in_needed, token_not_good
from services.gateway.store.access_tokens import Bearer
from shared.kernel.clock import Clock, china_now
from shared.runtime.edge import Edge

# How long another copy of the edge may still let in whoever signed out here.
REMEMBERED_S = 10.0
_MOST_REMEMBERED = 10_000
_LONGEST_TOKEN = 8192


class Guard:
    """Knows the bearer of an access token."""

    def __init__(
        self, edge: Edge, bearer_of: Callable[[str], Bearer], clock: Clock = china_now
    ) -> None:
        self._edge = edge
        self._bearer_of = bearer_of
        self._clock = clock
        self._known: dict[str, tuple[Bearer, float]] = {}

    async def bearer(self, authorization: str | None) -> Bearer:
        """Return who sends this Authorization header.

        Raises:
            NotSignedIn: there is none, or its token is not good.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise sign_in_needed()
        return await self.holder(token.strip())

    async def holder(self, token: str) -> Bearer:
        """Return who holds the token now; raises `NotSignedIn`."""
        if len(token) > _LONGEST_TOKEN:
            raise token_not_good()
        known = self._known.get(token)
        if known is None or known[1] < time.monotonic() or known[0].expires_at <= self._clock():
            known = await self._ask(token)
        return known[0]

    def forget(self, family: str) -> None:
        """Ask anew about every token of a sign-in, because it has ended."""
        for token in [token for token, known in self._known.items() if known[0].family == family]:
            del self._known[token]

    async def _ask(self, token: str) -> tuple[Bearer, float]:
        self._known.pop(token, None)
        bearer = await self._edge.run(lambda: self._bearer_of(token))
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        known = self._known[token] = bearer, time.monotonic() + REMEMBERED_S
        return known
