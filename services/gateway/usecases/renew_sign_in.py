"""Somebody goes on with a sign-in by his refresh token."""

from dataclasses import dataclass, replace

from services.gateway.domain.refresh_token import RefreshToken, Verdict
from services.gateway.ports import Accounts, RefreshTokens, Transaction
from services.gateway.usecases.signed_in import SignedIn, TokenIssue, digest_of
from shared.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class RenewSignIn:
    accounts: Accounts
    refresh_tokens: RefreshTokens
    issue: TokenIssue
    transaction: Transaction
    clock: Clock

    def __call__(self, refresh_token: str) -> SignedIn | None:
        """Return new tokens, or None; a family that was revoked is to be kept so all the same."""
        with self.transaction.begin():
            token = self.refresh_tokens.find(digest_of(refresh_token))
            return None if token is None else self._decided(token)

    def _decided(self, token: RefreshToken) -> SignedIn | None:
        now = self.clock()
        verdict = token.verdict(now)
        if verdict is Verdict.REVOKE_FAMILY:
            self.refresh_tokens.revoke_family(token.family, now)
        if verdict is not Verdict.RENEW:
            return None
        account = self.accounts.find(token.account)
        if account is None or not account.is_active:
            return None
        self.refresh_tokens.replace(replace(token, used_at=now))
        return self.issue(account, family=token.family)
