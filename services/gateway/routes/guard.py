"""Lets in who has signed in, and remembers it for a moment so that not every call asks the database."""

import hashlib
import time
from collections.abc import Callable
from typing import TypeVar

from services.gateway.domain.not_signed_in import NotSignedIn, sign_in_needed, token_not_good
from services.gateway.store.access_tokens import Bearer
from shared.kernel.clock import Clock, china_now
from shared.runtime.edge import Edge

Key = TypeVar("Key")
Value = TypeVar("Value")

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
        # Digests: whoever sends nonsense shall not fill the memory with it.
        self._refused: dict[bytes, float] = {}

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

    def knows(self, token: str) -> bool:
        """Tell whether the token was good a moment ago, so that nobody need be asked."""
        known = self._known.get(token)
        return known is not None and known[1] >= time.monotonic()

    def forget(self, account: str) -> None:
        """Ask anew about every token of an account; may be called from any thread."""
        for token, (bearer, _) in list(self._known.items()):
            if bearer.actor.account == account:
                self._known.pop(token, None)

    async def _ask(self, token: str) -> tuple[Bearer, float]:
        self._known.pop(token, None)
        digest = hashlib.sha256(token.encode("latin-1", "replace")).digest()
        # Each refusal is a row in the audit trail: one for many tries in a row.
        if self._refused.get(digest, 0) > time.monotonic():
            raise token_not_good()
        try:
            bearer = await self._edge.run(lambda: self._bearer_of(token))
        except NotSignedIn:
            _remember(self._refused, digest, time.monotonic() + REMEMBERED_S)
            raise
        known = bearer, time.monotonic() + REMEMBERED_S
        _remember(self._known, token, known)
        return known


def _remember(memory: dict[Key, Value], key: Key, value: Value) -> None:
    if len(memory) >= _MOST_REMEMBERED:
        memory.clear()
    memory[key] = value
