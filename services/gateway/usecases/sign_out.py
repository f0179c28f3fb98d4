"""Somebody signs out."""

from dataclasses import dataclass

from services.gateway.ports import SignIns, Transaction
from shared.kernel.clock import Clock

SIGNED_OUT = "signed_out"
ENDED_BY_OWNER = "ended_by_owner"


@dataclass(frozen=True, slots=True)
class SignOut:
    sign_ins: SignIns
    transaction: Transaction
    clock: Clock

    def __call__(self, family: str) -> None:
        """End a sign-in: neither its refresh tokens nor its access tokens are good any more."""
        with self.transaction.begin():
            self.sign_ins.end(family, self.clock(), SIGNED_OUT)

    def everywhere(self, account: str) -> None:
        """End all sign-ins of an account."""
        with self.transaction.begin():
            self.sign_ins.end_all(account, self.clock(), SIGNED_OUT)

    def another(self, family: str, account: str) -> bool:
        """End a sign-in that its owner chose from the list; False when it is none of his."""
        with self.transaction.begin():
            found = self.sign_ins.find(family)
            if found is None or found.account != account:
                return False
            self.sign_ins.end(family, self.clock(), ENDED_BY_OWNER)
            return True
