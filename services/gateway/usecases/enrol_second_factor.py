"""Somebody enrols a second factor, or removes it."""

from dataclasses import dataclass, replace

from services.gateway.domain.account import Account
from services.gateway.domain.not_proved import no_second_factor, second_factor_there
from services.gateway.domain.reason import Reason
from services.gateway.domain.second_factor import (
    SecondFactor,
    new_recovery_codes,
    new_second_factor,
    plain,
)
from services.gateway.ports import Accounts, SecondFactors, Transaction
from services.gateway.usecases.prove_again import ProveAgain
from services.gateway.usecases.signed_in import digest_of
from shared.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class EnrolSecondFactor:
    """Every method may raise `NotProved`; what was counted is to be kept all the same."""

    accounts: Accounts
    factors: SecondFactors
    prove: ProveAgain
    transaction: Transaction
    clock: Clock

    def begin(self, account: str, password: str) -> SecondFactor:
        """Make a new secret, to be confirmed; it is shown here once. One not confirmed is replaced.

        Raises:
            RuleBroken: there is a second factor already.
        """
        fits = self.prove.fits(account, password)
        with self.transaction.begin():
            if self.prove.held(account, fits=fits).has_second_factor:
                raise second_factor_there()
            factor = new_second_factor(account)
            self.factors.put(factor)
            return factor

    def confirm(self, account: str, code: str) -> list[str]:
        """Count the factor from now on; return the recovery codes, shown here once.

        Raises:
            RuleBroken: nothing is being enrolled.
        """
        with self.transaction.begin():
            held = self.prove.held(account)
            factor = self.factors.find(account)
            if held.has_second_factor or factor is None:
                raise second_factor_there() if held.has_second_factor else no_second_factor()
            counter = factor.counter_of(code.strip(), self.clock())
            if counter is None:
                raise self.prove.counted(held, Reason.SECOND_FACTOR_WRONG)
            self.factors.put(
                replace(factor, confirmed_at=self.clock(), last_counter=counter),
            )
            return self._confirmed(held)

    def _confirmed(self, held: Account) -> list[str]:
        codes = new_recovery_codes()
        digests = [digest_of(plain(code)) for code in codes]
        self.factors.keep_recovery_codes(held.account, digests)
        self.accounts.replace(replace(held, has_second_factor=True, failures=0))
        return codes

    def remove(self, account: str, password: str, code: str) -> None:
        """Remove the factor and its recovery codes.

        Raises:
            RuleBroken: there is none.
        """
        fits = self.prove.fits(account, password)
        with self.transaction.begin():
            held = self.prove.held(account, fits=fits, code=code)
            if not held.has_second_factor:
                raise no_second_factor()
            self.factors.remove(account)
            self.accounts.replace(replace(held, has_second_factor=False, failures=0))
