"""Whether a code is an account's second factor, now and for the first time."""

from dataclasses import dataclass
from datetime import datetime

from services.gateway.domain.account import Account
from services.gateway.domain.reason import Reason
from services.gateway.domain.second_factor import is_recovery_code, plain
from services.gateway.ports import SecondFactors
from services.gateway.usecases.signed_in import digest_of


@dataclass(frozen=True, slots=True)
class SecondFactorCheck:
    """Uses up the code that it finds good; call it inside the transaction that holds the account."""

    factors: SecondFactors

    def __call__(self, account: Account, code: str | None, now: datetime) -> Reason | None:
        """Return what is wrong with *code*, or None; an account without second factor needs none."""
        if not account.has_second_factor:
            return None
        if code is None:
            return Reason.SECOND_FACTOR_NEEDED
        if is_recovery_code(code):
            digest = digest_of(plain(code))
            used = self.factors.use_recovery_code(account.account, digest, now)
            return None if used else Reason.SECOND_FACTOR_WRONG
        return self._of_the_clock(account.account, code, now)

    def _of_the_clock(self, account: str, code: str, now: datetime) -> Reason | None:
        factor = self.factors.find(account)
        counter = None if factor is None else factor.counter_of(code.strip(), now)
        if counter is None:
            return Reason.SECOND_FACTOR_WRONG
        return None if self.factors.move(account, counter) else Reason.CODE_REPLAYED
