"""How long a sign-in lasts, and what must be done in it before all else."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.gateway.domain.account import Account
from services.gateway.domain.password_rules import PasswordRules

# An administrator who works has renewed his sign-in well before it ends from idleness.
_TOKENS_IN_IDLE_TIME = 3


class Must(StrEnum):
    """What the bearer has to do first; until then nothing else is served."""

    CHANGE_PASSWORD = "change_password"  # noqa: S105 – a duty
    ENROL_SECOND_FACTOR = "enrol_second_factor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """Spans of a sign-in: of an access token, between renewals, and altogether."""

    token: timedelta
    idle: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPolicy:
    """What the settings say of sign-ins.

    GB/T 22239-2019, 8.1.4.1 asks for an end from idleness and for a second factor; the figures by
    default are those of NIST SP 800-63B: 30 minutes and 12 hours for administrators (AAL2, 4.2.3),
    30 days for others (AAL1, 4.1.3).
    """

    everybody: Lasting
    administrators: Lasting
    needs_second_factor: bool
    passwords: PasswordRules

    def lasting(self, account: Account) -> Lasting:
        return self.administrators if account.is_administrator else self.everybody

    def musts(self, account: Account, now: datetime) -> tuple[Must, ...]:
        """Return what this account's holder has to do before all else, first things first."""
        musts = []
        if account.password_change_needed or self.passwords.is_overdue(account, now):
            musts.append(Must.CHANGE_PASSWORD)
        if self.needs_second_factor and account.is_administrator and not account.has_second_factor:
            musts.append(Must.ENROL_SECOND_FACTOR)
        return tuple(musts)


def sign_in_policy(
    *,
    everybody: Lasting,
    idle_of_administrators: timedelta,
    longest_of_administrators: timedelta,
    needs_second_factor: bool,
    passwords: PasswordRules,
) -> SignInPolicy:
    """Return the policy; administrators' spans are never longer than everybody's."""
    idle = min(idle_of_administrators, everybody.idle)
    administrators = Lasting(
        token=min(everybody.token, idle / _TOKENS_IN_IDLE_TIME),
        idle=idle,
        longest=min(longest_of_administrators, everybody.longest),
    )
    return SignInPolicy(
        everybody=everybody,
        administrators=administrators,
        needs_second_factor=needs_second_factor,
        passwords=passwords,
    )
