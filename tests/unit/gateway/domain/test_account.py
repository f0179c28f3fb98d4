"""When an account may be signed in to."""

from datetime import timedelta

import pytest

from services.gateway.domain.account import (
    LOCKED_FOR,
    MOST_FAILURES,
    Account,
    check_new_account,
    is_account_name,
)
from shared.kernel.actor import Actor
from shared.kernel.errors import Invalid
from tests.fakes.gateway import FakeClock

NOW = FakeClock().now


def an_account() -> Account:
    return Account(
        account="street",
        name="Street desk",
        unit="urban-management",
        password_hash="hash of correct horse",
    )


def after_failures(count: int) -> Account:
    account = an_account()
    for _ in range(count):
        account = account.after_failure(NOW)
    return account


class TestAccount:
    def test_is_open_before_the_fifth_failure(self) -> None:
        assert after_failures(MOST_FAILURES - 1).may_try(NOW)

    def test_is_locked_by_the_fifth_failure_in_a_row(self) -> None:
        assert not after_failures(MOST_FAILURES).may_try(NOW)

    def test_opens_again_when_the_lock_has_run_out_and_not_before(self) -> None:
        locked = after_failures(MOST_FAILURES)
        assert not locked.may_try(NOW + LOCKED_FOR - timedelta(seconds=1))
        assert locked.may_try(NOW + LOCKED_FOR)

    def test_has_five_tries_again_after_a_lock(self) -> None:
        account = after_failures(MOST_FAILURES)
        later = NOW + LOCKED_FOR
        for _ in range(MOST_FAILURES - 1):
            account = account.after_failure(later)
        assert account.may_try(later)
        assert not account.after_failure(later).may_try(later)

    def test_forgets_failures_when_the_password_was_right(self) -> None:
        account = after_failures(MOST_FAILURES - 1).after_success(password_hash="another hash")
        assert (account.failures, account.locked_until) == (0, None)
        assert account.password_hash == "another hash"

    def test_that_is_not_active_is_never_tried(self) -> None:
        inactive = Account(
            account="gone",
            name="Gone",
            password_hash="x",
            is_active=False,
        )
        assert not inactive.may_try(NOW)

    def test_acts_for_its_unit_and_has_no_rights_of_its_own(self) -> None:
        assert an_account().actor == Actor(account="street", unit="urban-management")

    def test_does_not_show_its_hash(self) -> None:
        assert "correct horse" not in repr(an_account())


class TestCheckNewAccount:
    @pytest.mark.parametrize(
        "name", ["", "A", "-a", "a b", "a:b", "网格", "a\x00", "a" * 65, "a\n", "../a"]
    )
    def test_refuses_names_that_are_none(self, name: str) -> None:
        assert not is_account_name(name)
        with pytest.raises(Invalid) as refused:
            check_new_account(name, "long enough")
        assert [error.field for error in refused.value.errors] == ["account"]

    @pytest.mark.parametrize("name", ["a", "member", "grid-member_1.x", "0", "a" * 64])
    def test_takes_names_that_are_some(self, name: str) -> None:
        assert is_account_name(name)
        check_new_account(name, "long enough")

    @pytest.mark.parametrize("password", ["", "7 chars", "x" * 1025])
    def test_refuses_passwords_too_short_or_too_long(self, password: str) -> None:
        with pytest.raises(Invalid) as refused:
            check_new_account("member", password)
        assert [error.field for error in refused.value.errors] == ["password"]
