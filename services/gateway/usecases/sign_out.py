"""Somebody signs out."""

from dataclasses import dataclass

from services.gateway.ports import RefreshTokens, Transaction
from shared.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class SignOut:
    refresh_tokens: RefreshTokens
    transaction: Transaction
    clock: Clock

    def __call__(self, family: str) -> None:
        """End a sign-in: neither its refresh tokens nor its access tokens are good any more."""
        with self.transaction.begin():
            self.refresh_tokens.revoke_family(family, self.clock())
