"""What a password has to be."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.gateway.domain.account import Account
from services.gateway.domain.password_rules import PasswordRules, kinds_in
from shared.kernel.actor import Right
from shared.kernel.errors import Invalid
from shared.kernel.rights import Role
from tests.fakes.gateway import FakeClock

NOW = FakeClock().now
RULES = PasswordRules()


def codes_of(password: str, rules: PasswordRules = RULES) -> set[str]:
    """Return what is wrong with a password, which is something."""
    with pytest.raises(Invalid) as refused:
        rules.check("member", password)
    assert {error.field for error in refused.value.errors} == {"password"}
    return {error.code for error in refused.value.errors}


@pytest.mark.parametrize(
    ("password", "kinds"),
    [("", 0), ("abc", 1), ("abcABC", 2), ("abcABC1", 3), ("aB1!", 4), ("密码aB1", 4), ("¾²", 1)],
)
def test_characters_are_of_four_kinds(password: str, kinds: int) -> None:
    assert kinds_in(password) == kinds


@pytest.mark.parametrize(
    "password", ["tR7kq9ZpLw", "horse-Battery-7", "correct horse Battery", "网格 Battery 通信"]
)
def test_long_and_varied_passwords_will_do(password: str) -> None:
    RULES.check("member", password)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("tR7#kq9Zp", "wrong_length"),
        ("tR7#" * 257, "wrong_length"),
        ("", "wrong_length"),
        ("correct horse battery", "too_few_kinds"),
        ("horse-Member-7", "holds_the_account"),
        ("Password123!", "easily_guessed"),
        ("P@ssw0rd123", "easily_guessed"),
        ("Qwer1234!@", "easily_guessed"),
        ("1Aaaaaaaaaaaaaaaaaaaa", "easily_guessed"),
    ],
)
def test_each_flaw_is_named(password: str, code: str) -> None:
    assert codes_of(password) == {code}


def test_what_is_long_is_looked_at_in_no_time_at_all() -> None:
    assert codes_of("aB1" + "1" * 1021) == {"easily_guessed"}


def test_the_length_is_a_setting() -> None:
    assert codes_of("tR7kq9ZpLw", rules=PasswordRules(shortest=14)) == {"wrong_length"}


class TestOverdue:
    MEMBER = Account(
        account="member",
        name="Member",
        rights=(Right(role=Role.GRID_MEMBER),),
        password_hash="x",
        password_changed_at=NOW,
    )

    @pytest.mark.parametrize(
        "role", [Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDITOR]
    )
    def test_is_an_administrators_after_ninety_days(self, role: Role) -> None:
        administrator = replace(self.MEMBER, rights=(Right(role=role),))
        assert not RULES.is_overdue(administrator, NOW + timedelta(days=89))
        assert RULES.is_overdue(administrator, NOW + timedelta(days=90))

    def test_is_nobody_elses_unless_it_is_set(self) -> None:
        late = NOW + timedelta(days=3650)
        assert not RULES.is_overdue(self.MEMBER, late)
        assert PasswordRules(days=365).is_overdue(self.MEMBER, late)

    def test_is_not_what_was_set_before_anybody_wrote_down_when(self) -> None:
        before = replace(self.MEMBER, rights=(Right(role=Role.AUDITOR),), password_changed_at=None)
        assert not RULES.is_overdue(before, NOW)
