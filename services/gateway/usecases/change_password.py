"""Somebody changes his own password."""

from dataclasses import dataclass

from services.gateway.ports import SignIns, Transaction
from services.gateway.usecases.new_password import NewPassword
from services.gateway.usecases.prove_again import ProveAgain
from shared.kernel.clock import Clock

PASSWORD_CHANGED = "password_changed"  # noqa: S105 – why a sign-in ended


@dataclass(frozen=True, slots=True)
class ChangePassword:
    prove: ProveAgain
    new_password: NewPassword
    sign_ins: SignIns
    transaction: Transaction
    clock: Clock

    def __call__(self, account: str, current: str, new: str, *, family: str) -> None:
        """Change the password and end the account's other sign-ins.

        Raises:
            NotProved: the present password is another; what was counted is to be kept.
            Invalid: the new password will not do.
        """
        fits = self.prove.fits(account, current)
        # Not before: whoever holds a stolen token shall not learn which passwords were used.
        password_hash = self.new_password.hash_for(account, new) if fits else ""
        with self.transaction.begin():
            held = self.prove.held(account, fits=fits)
            self.new_password.choose(held, password_hash)
            self.sign_ins.end_all(account, self.clock(), PASSWORD_CHANGED, but=family)
