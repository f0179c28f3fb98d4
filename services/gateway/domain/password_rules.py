"""What a password has to be (GB/T 22239-2019, 8.1.4.1 a): complex, and changed from time to time.

The standard names no figures; ours are settings. Where it says nothing – passwords known from leaks,
passwords with the account's name in them – NIST SP 800-63B, 5.1.1.2 is followed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from zxcvbn import zxcvbn

from services.gateway.domain.account import LONGEST_PASSWORD, Account, wrong_length
from shared.kernel.errors import FieldError, Invalid

KINDS_NEEDED = 3
# The password in use is one of them.
OLD_PASSWORDS = 5
# The library's second step of four: a million tries do not find it, and five a time are let through.
LEAST_SCORE = 2
# What it looks at: the time it takes grows with the square, and what is longer is not common.
_LOOKED_AT = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRules:
    """The figures; zero days stand for a password that need not be changed by a date."""

    shortest: int = 10
    days: int = 0
    days_of_administrators: int = 90

    def check(self, account: str, password: str) -> None:
        """See that *password* will do for *account*.

        Raises:
            Invalid: it is too short or too long, of too few kinds of characters, holds the account's
                name, or is easily guessed.
        """
        errors = list(self._findings(account, password))
        if errors:
            raise password_refused(*errors)

    def _findings(self, account: str, password: str) -> list[FieldError]:
        if not self.shortest <= len(password) <= LONGEST_PASSWORD:
            return [wrong_length(self.shortest)]
        found = []
        if kinds_in(password) < KINDS_NEEDED:
            found.append(_TOO_FEW_KINDS)
        if account in password.lower():
            found.append(_HOLDS_THE_ACCOUNT)
        if zxcvbn(password[:_LOOKED_AT], user_inputs=[account, "wangge"])["score"] < LEAST_SCORE:
            found.append(_EASILY_GUESSED)
        return found

    def is_overdue(self, account: Account, now: datetime) -> bool:
        """Tell whether the password should have been changed by now."""
        days = self.days_of_administrators if account.is_administrator else self.days
        changed_at = account.password_changed_at
        return bool(days) and changed_at is not None and changed_at + timedelta(days=days) <= now


def kinds_in(password: str) -> int:
    """Return how many kinds of characters there are: capitals, small letters, digits, all others."""
    kinds = {
        "digit" if char.isdecimal() else "upper" if char.isupper() else "lower"
        for char in password
        if char.isascii() and char.isalnum()
    }
    return len(kinds) + any(not (char.isascii() and char.isalnum()) for char in password)


def password_refused(*errors: FieldError) -> Invalid:
    return Invalid(
        code="invalid",
        zh="密码不合要求，详见 errors。",
        en="The password will not do; see errors.",
        errors=errors,
    )


def used_before() -> Invalid:
    return password_refused(
        FieldError(
            field="password",
            code="used_before",
            zh=f"不得与最近 {OLD_PASSWORDS} 个密码相同",
            en=f"must not be one of the last {OLD_PASSWORDS} passwords",
        )
    )


_TOO_FEW_KINDS = FieldError(
    field="password",
    code="too_few_kinds",
    zh="须含大写字母、小写字母、数字、其他字符中的至少三种",
    en="needs three of these: capitals, small letters, digits, other characters",
)
_HOLDS_THE_ACCOUNT = FieldError(
    field="password",
    code="holds_the_account",
    zh="不得包含账号名",
    en="must not hold the account's name",
)
_EASILY_GUESSED = FieldError(
    field="password",
    code="easily_guessed",
    zh="是常见密码或容易猜到，请另选一个",
    en="is a common password or easily guessed; choose another",
)
