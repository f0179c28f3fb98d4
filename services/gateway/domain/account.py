"""An account and when it may be signed in to."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.kernel.actor import Actor, Right
from shared.kernel.errors import FieldError, Invalid
from shared.kernel.rights import ADMINISTRATIONS

# GB/T 22239-2019, 8.1.4.1 b) asks for a limit on failed sign-ins; the figures are ours.
MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=5)

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1024
_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may sign in.

    `unit` is the organ or department he serves in; `rights` are those that are valid when the
    account is looked at, and are kept apart from it.
    """

    account: str
    name: str
    unit: str | None = None
    rights: tuple[Right, ...] = ()
    password_hash: str = field(repr=False)
    is_active: bool = True
    failures: int = 0
    locked_until: datetime | None = None
    password_changed_at: datetime | None = None
    password_change_needed: bool = False
    has_second_factor: bool = False

    @property
    def is_administrator(self) -> bool:
        """Tell whose sign-in is guarded more closely (GB/T 22239-2019, 8.1.5)."""
        return not ADMINISTRATIONS.isdisjoint(right.role for right in self.rights)

    @property
    def actor(self) -> Actor:
        return Actor(account=self.account, unit=self.unit, rights=self.rights)

    def may_try(self, now: datetime) -> bool:
        """Tell whether a password is looked at: not while locked, even when it is right."""
        return self.is_active and not self.is_locked(now)

    def is_locked(self, now: datetime) -> bool:
        return self.locked_until is not None and now < self.locked_until

    def after_failure(self, now: datetime) -> "Account":
        """Return the account after a wrong password; the fifth in a row locks it."""
        failures = self.failures + 1
        if failures < MOST_FAILURES:
            return replace(self, failures=failures)
        return replace(self, failures=0, locked_until=now + LOCKED_FOR)

    def after_success(self, *, password_hash: str) -> "Account":
        return replace(self, failures=0, locked_until=None, password_hash=password_hash)

    def with_password(
        self, password_hash: str, *, changed_at: datetime | None, change_needed: bool
    ) -> "Account":
        """Return the account with another password; without a date it is never overdue."""
        return replace(
            self.after_success(password_hash=password_hash),
            password_changed_at=changed_at,
            password_change_needed=change_needed,
        )


def is_account_name(text: str) -> bool:
    """Tell whether *text* can be an account at all; what cannot is not looked for."""
    return _ACCOUNT.fullmatch(text) is not None


def check_new_account(account: str, password: str) -> None:
    """See that an account may be made like this; what else a password has to be is `PasswordRules`.

    Raises:
        Invalid: its name will not do, or its password is no length for any.
    """
    errors = []
    if not is_account_name(account):
        errors.append(
            FieldError(
                field="account",
                code="string_pattern_mismatch",
                zh="账号为 1 至 64 个小写字母、数字、点、短横或下划线，以字母或数字开头",
                en="an account is 1 to 64 lower-case letters, digits, dots, hyphens or underscores, a letter or digit first",
            )
        )
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        errors.append(wrong_length(SHORTEST_PASSWORD))
    if errors:
        raise Invalid(
            code="invalid",
            zh="账号不合要求，详见 errors。",
            en="The account is wrong; see errors.",
            errors=tuple(errors),
        )


def wrong_length(shortest: int) -> FieldError:
    return FieldError(
        field="password",
        code="wrong_length",
        zh=f"密码为 {shortest} 至 {LONGEST_PASSWORD} 个字符",
        en=f"a password has {shortest} to {LONGEST_PASSWORD} characters",
    )
