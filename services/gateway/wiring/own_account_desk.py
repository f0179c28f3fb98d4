"""The desk at which people look after their own password and second factor."""

from collections.abc import Callable
from typing import TypeVar

from services.gateway.domain.not_proved import not_proved
from services.gateway.domain.second_factor import SecondFactor
from services.gateway.store.second_factors import SqlSecondFactors
from services.gateway.store.sign_ins import SqlSignIns
from services.gateway.usecases.change_password import ChangePassword
from services.gateway.usecases.enrol_second_factor import EnrolSecondFactor
from services.gateway.usecases.prove_again import NotProved
from services.gateway.wiring.proving import Proving
from shared.kernel.errors import Refusal
from shared.runtime import audit
from shared.runtime.call import Call
from shared.runtime.work import Work

Answer = TypeVar("Answer")


class OwnAccountDesk:
    """Every method waits for the database, so call it off the loop; each may raise `Forbidden`."""

    def __init__(self, proving: Proving) -> None:
        self._proving = proving

    def change_password(self, current: str, new: str, *, family: str, call: Call) -> None:
        """Change the caller's password and end his other sign-ins; raises `Invalid` too."""

        def change(work: Work) -> None:
            use_case = ChangePassword(
                self._proving.prove(work),
                self._proving.new_password(work),
                SqlSignIns(work),
                work,
                self._proving.clock,
            )
            use_case(call.actor.account, current, new, family=family)

        self._noted("change_password", call, change)
        self._proving.ended(call.actor.account)

    def begin_second_factor(self, password: str, call: Call) -> SecondFactor:
        """Return a new secret, to be confirmed; raises `RuleBroken` too."""
        return self._noted(
            "begin_second_factor",
            call,
            lambda work: self._enrol(work).begin(call.actor.account, password),
        )

    def confirm_second_factor(self, code: str, call: Call) -> list[str]:
        """Return the recovery codes; raises `RuleBroken` too."""
        return self._noted(
            "confirm_second_factor",
            call,
            lambda work: self._enrol(work).confirm(call.actor.account, code),
        )

    def remove_second_factor(self, password: str, code: str, call: Call) -> None:
        """Remove the caller's second factor; raises `RuleBroken` too."""
        self._noted(
            "remove_second_factor",
            call,
            lambda work: self._enrol(work).remove(call.actor.account, password, code),
        )

    def _enrol(self, work: Work) -> EnrolSecondFactor:
        return EnrolSecondFactor(
            self._proving.accounts(work),
            SqlSecondFactors(work),
            self._proving.prove(work),
            work,
            self._proving.clock,
        )

    def _noted(self, action: str, call: Call, act: Callable[[Work], Answer]) -> Answer:
        """Do it and note it; a failure is counted and noted before it is told."""
        try:
            with self._proving.kept() as work:
                try:
                    answer = act(work)
                except NotProved as failed:
                    self._proving.note(work, call, action, failed.reason)
                    if failed.locks:
                        self._proving.note(work, call, "lock", audit.DONE)
                    work.keep()
                    raise
                self._proving.note(work, call, action, audit.DONE)
        except NotProved as failed:
            if failed.locks:
                self._proving.ended(call.actor.account)
            raise not_proved(failed.reason) from None
        except Refusal as refusal:
            audit.note_refusal(
                self._proving.database,
                call,
                f"gateway.{action}",
                refusal.code,
                self._proving.settings.audit_digest,
            )
            raise
        return answer
