"""Somebody goes on with a sign-in by his refresh token."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.gateway.domain.kept_sign_in import KeptSignIn
from services.gateway.domain.reason import Reason
from services.gateway.domain.refresh_token import RefreshToken, Verdict
from services.gateway.ports import (
    Accounts,
    DeviceProofs,
    Proof,
    RefreshTokens,
    SignIns,
    Transaction,
)
from services.gateway.usecases.signed_in import SignedIn, TokenIssue, TurnedAway, digest_of
from shared.kernel.clock import Clock

# Who shows these has the token and not the key: it was stolen. A stale proof may be a slow clock.
_STOLEN = frozenset(
    {
        Reason.REFRESH_REUSED,
        Reason.PROOF_MISSING,
        Reason.PROOF_WRONG,
        Reason.PROOF_REPLAYED,
    }
)


@dataclass(frozen=True, slots=True)
class RenewSignIn:
    accounts: Accounts
    sign_ins: SignIns
    refresh_tokens: RefreshTokens
    proofs: DeviceProofs
    issue: TokenIssue
    transaction: Transaction
    clock: Clock

    def __call__(self, refresh_token: str, proof: Proof) -> SignedIn | TurnedAway:
        """Return new tokens, or why not; a sign-in that was ended is to be kept so all the same."""
        with self.transaction.begin():
            token = self.refresh_tokens.find(digest_of(refresh_token))
            if token is None:
                return TurnedAway(reason=Reason.REFRESH_UNKNOWN)
            return self._decided(token, proof, self.clock())

    def _decided(self, token: RefreshToken, proof: Proof, now: datetime) -> SignedIn | TurnedAway:
        account = self.accounts.find(token.account)
        sign_in = self.sign_ins.find(token.family)
        if account is None:
            return TurnedAway(reason=Reason.ACCOUNT_GONE, gone=token.account)
        if sign_in is None:
            return TurnedAway(reason=Reason.SIGN_IN_ENDED, account=account)
        reason = _flaw(token, sign_in, now) or self._flaw_of_proof(sign_in, proof, now)
        if reason in _STOLEN:
            self.sign_ins.end(token.family, now, reason)
        if reason is None and not account.may_try(now):
            reason = Reason.LOCKED if account.is_active else Reason.DISABLED
        if reason is not None:
            return TurnedAway(reason=reason, account=account)
        self.refresh_tokens.replace(replace(token, used_at=now))
        return self.issue.go_on(account, sign_in)

    def _flaw_of_proof(self, sign_in: KeptSignIn, proof: Proof, now: datetime) -> Reason | None:
        if sign_in.device_key is None:
            return None
        return self.proofs.flaw(proof, sign_in.device_key, now)


def _flaw(token: RefreshToken, sign_in: KeptSignIn, now: datetime) -> Reason | None:
    if sign_in.ended_at is not None:
        return Reason.SIGN_IN_ENDED
    verdict = token.verdict(now)
    if verdict is Verdict.REVOKE_FAMILY:
        return Reason.REFRESH_REUSED
    return None if verdict is Verdict.RENEW else Reason.REFRESH_EXPIRED
