"""The desk at which people sign in, go on, and sign out."""

from dataclasses import replace
from typing import NoReturn

from services.gateway import queries
from services.gateway.domain.not_signed_in import (
    NotSignedIn,
    challenge_refused,
    proof_refused,
    refresh_refused,
    second_factor_needed,
    second_factor_refused,
    sign_in_refused,
    token_not_good,
)
from services.gateway.domain.reason import Reason
from services.gateway.ports import Proof
from services.gateway.store.access_tokens import Bearer
from services.gateway.store.device_proofs import DpopProofs
from services.gateway.store.refresh_tokens import SqlRefreshTokens
from services.gateway.store.sign_ins import SqlSignIns
from services.gateway.usecases.answer_challenge import AnswerChallenge
from services.gateway.usecases.entering import Entry
from services.gateway.usecases.renew_sign_in import RenewSignIn
from services.gateway.usecases.sign_in import SignIn
from services.gateway.usecases.sign_out import SignOut
from services.gateway.usecases.signed_in import SignedIn, TurnedAway
from services.gateway.wiring.proving import Proving, holder
from shared.kernel.actor import Actor
from shared.kernel.errors import NotFound
from shared.runtime import audit
from shared.runtime.call import Call
from shared.runtime.work import Work

NOTHING_MORE = Entry()
NO_PROOF = Proof(token=None, method="", url="")
_PROOF_FLAWS = frozenset(
    {Reason.PROOF_MISSING, Reason.PROOF_WRONG, Reason.PROOF_STALE, Reason.PROOF_REPLAYED}
)


class SignInDesk:
    """Every method waits for the database, so call it off the loop."""

    def __init__(self, proving: Proving) -> None:
        self._proving = proving

    def sign_in(
        self, account: str, password: str, call: Call, entry: Entry = NOTHING_MORE
    ) -> SignedIn:
        """Return the tokens of a sign-in; raises `NotSignedIn`."""
        proving = self._proving
        proving.key.fetch()
        with proving.kept() as work:
            use_case = SignIn(
                proving.accounts(work), proving.hasher, proving.entering(work), work, proving.clock
            )
            outcome = self.noted(work, call, "sign_in", use_case(account, password, entry))
        return self.let_in(outcome, sign_in_refused())

    def answer_challenge(self, challenge: str, entry: Entry, call: Call) -> SignedIn:
        """Return the tokens of a sign-in whose password was right before; raises `NotSignedIn`."""
        proving = self._proving
        proving.key.fetch()
        with proving.kept() as work:
            use_case = AnswerChallenge(
                proving.accounts(work),
                proving.challenges,
                proving.entering(work),
                work,
                proving.clock,
            )
            outcome = self.noted(work, call, "sign_in", use_case(challenge, entry))
        return self.let_in(outcome, second_factor_refused())

    def renew(self, refresh_token: str, call: Call, proof: Proof = NO_PROOF) -> SignedIn:
        """Return new tokens of a sign-in; raises `NotSignedIn`."""
        proving = self._proving
        proving.key.fetch()
        with proving.kept() as work:
            use_case = RenewSignIn(
                proving.accounts(work),
                SqlSignIns(work),
                SqlRefreshTokens(work),
                DpopProofs(work),
                proving.issue(work),
                work,
                proving.clock,
            )
            outcome = use_case(refresh_token, proof)
            if isinstance(outcome, TurnedAway):
                self.noted(work, call, "renew", outcome)
        if isinstance(outcome, TurnedAway) and outcome.account is not None:
            proving.ended(outcome.account.account)
        return self.let_in(outcome, refresh_refused())

    def sign_out(self, family: str, call: Call) -> None:
        """End the sign-in of whoever calls."""
        with self._proving.kept() as work:
            self._sign_out(work)(family)
            self._proving.note(work, call, "sign_out", audit.DONE)
        self._proving.ended(call.actor.account)

    def sign_out_everywhere(self, call: Call) -> None:
        """End all sign-ins of whoever calls."""
        with self._proving.kept() as work:
            self._sign_out(work).everywhere(call.actor.account)
            self._proving.note(work, call, "sign_out_everywhere", audit.DONE)
        self._proving.ended(call.actor.account)

    def end_sign_in(self, family: str, call: Call) -> None:
        """End another sign-in of whoever calls; raises `NotFound`."""
        with self._proving.kept() as work:
            ended = self._sign_out(work).another(family, call.actor.account)
            if ended:
                self._proving.note(work, call, "end_sign_in", audit.DONE, family)
        if not ended:
            raise NotFound(
                code="no_such_sign_in",
                zh="您没有这个编号的登录。",
                en="You have no sign-in of that id.",
            )
        self._proving.ended(call.actor.account)

    def sign_ins_of(self, account: str) -> list[dict[str, object]]:
        with self._proving.database.reading() as connection:
            return queries.sign_ins_of(connection, account, self._proving.clock())

    def bearer_of(self, token: str) -> Bearer:
        """Return who holds an access token whose sign-in still stands; raises `NotSignedIn`."""
        proving = self._proving
        proving.key.fetch()
        now = proving.clock()
        said = proving.tokens.read(token, now=now)
        with proving.database.reading() as connection:
            if said.is_client:
                holder = queries.client_holder(connection, said.account, now)
            else:
                holder = queries.holder_of(connection, said.family, now)
        if isinstance(holder, Reason):
            self._refuse_token(said.account, holder)
        return Bearer(
            actor=holder.actor,
            name=holder.name,
            family=said.family,
            expires_at=min(said.expires_at, holder.valid_to or said.expires_at),
            musts=said.musts,
        )

    def _refuse_token(self, account: str, reason: Reason) -> NoReturn:
        proving = self._proving
        with proving.kept() as work:
            if reason is Reason.SIGN_IN_ENDED and not queries.is_account(work.connection, account):
                reason = Reason.ACCOUNT_GONE
            proving.note(work, Call(actor=Actor(account=account)), "token", reason)
        raise token_not_good()

    def noted(
        self, work: Work, call: Call, action: str, outcome: SignedIn | TurnedAway
    ) -> SignedIn | TurnedAway:
        """Note what became of a sign-in, and that it locked its account."""
        if isinstance(outcome, SignedIn):
            self._proving.note(work, replace(call, actor=outcome.account.actor), action, audit.DONE)
            return outcome
        gone = None if outcome.gone is None else Actor(account=outcome.gone)
        noting = replace(call, actor=gone or holder(outcome.account))
        self._proving.note(work, noting, action, outcome.reason)
        if outcome.locks:
            self._proving.note(work, noting, "lock", audit.DONE)
        return outcome

    def let_in(self, outcome: SignedIn | TurnedAway, otherwise: NotSignedIn) -> SignedIn:
        """Return the tokens; raises the refusal for what was wrong."""
        if isinstance(outcome, SignedIn):
            return outcome
        if outcome.locks and outcome.account is not None:
            self._proving.ended(outcome.account.account)
        raise _refusal(outcome, otherwise)

    def _sign_out(self, work: Work) -> SignOut:
        return SignOut(SqlSignIns(work), work, self._proving.clock)


def _refusal(outcome: TurnedAway, otherwise: NotSignedIn) -> NotSignedIn:
    if outcome.challenge is not None:
        return second_factor_needed(outcome.challenge)
    if outcome.reason in (Reason.SECOND_FACTOR_WRONG, Reason.CODE_REPLAYED):
        return second_factor_refused()
    if outcome.reason is Reason.CHALLENGE_WRONG:
        return challenge_refused()
    return proof_refused() if outcome.reason in _PROOF_FLAWS else otherwise
