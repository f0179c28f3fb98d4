"""Somebody whose password was right gives his code."""

from dataclasses import dataclass

from services.gateway.domain.reason import Reason
from services.gateway.ports import Accounts, Challenges, Transaction
from services.gateway.usecases.entering import Entering, Entry
from services.gateway.usecases.signed_in import SignedIn, TurnedAway
from shared.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class AnswerChallenge:
    accounts: Accounts
    challenges: Challenges
    entering: Entering
    transaction: Transaction
    clock: Clock

    def __call__(self, challenge: str, entry: Entry) -> SignedIn | TurnedAway:
        """Return the tokens, or why not; what a failure leaves behind is to be kept all the same."""
        now = self.clock()
        given = self.challenges.read(challenge, now)
        if given is None:
            return TurnedAway(reason=Reason.CHALLENGE_WRONG)
        with self.transaction.begin():
            held = self.accounts.find(given.account)
            if held is None:
                return TurnedAway(reason=Reason.ACCOUNT_GONE, gone=given.account)
            if held.password_changed_at is not None and given.since < held.password_changed_at:
                return TurnedAway(reason=Reason.CHALLENGE_WRONG, account=held)
            return self.entering.why_not(held, now) or self.entering(held, entry)
