"""Signing in, going on with it, signing out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.gateway.domain.account import LOCKED_FOR, MOST_FAILURES, Account
from services.gateway.usecases.create_account import CreateAccount
from services.gateway.usecases.renew_sign_in import RenewSignIn
from services.gateway.usecases.sign_in import EXPIRED_KEPT, SignIn
from services.gateway.usecases.sign_out import SignOut
from services.gateway.usecases.signed_in import SignedIn, TokenIssue, digest_of
from shared.kernel.actor import Right
from shared.kernel.rights import Role
from tests.fakes.gateway import (
    FakeAccessTokens,
    FakeAccountRights,
    FakeAccounts,
    FakeClock,
    FakePasswordHasher,
    FakeRefreshTokens,
    FakeTransaction,
)

REFRESH_FOR = timedelta(hours=12)
RIGHT, WRONG = "correct horse", "wrong horse"


class Desk:
    """The use cases over fakes, with two accounts: `member` and, so that others are there, `noise`."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.accounts = FakeAccounts()
        self.tokens = FakeRefreshTokens()
        self.hasher = FakePasswordHasher()
        self.work = FakeTransaction()
        issue = TokenIssue(self.tokens, FakeAccessTokens(), self.clock, REFRESH_FOR)
        self.sign_in = SignIn(self.accounts, self.tokens, self.hasher, issue, self.work, self.clock)
        self.renew = RenewSignIn(self.accounts, self.tokens, issue, self.work, self.clock)
        self.sign_out = SignOut(self.tokens, self.work, self.clock)
        self.rights = FakeAccountRights()
        self.create_account = CreateAccount(
            self.accounts, self.rights, self.hasher, self.work, self.clock
        )
        for name in ("member", "noise"):
            self.create_account(
                account=name,
                name=name,
                password=RIGHT,
                rights=[Right(role=Role.GRID_MEMBER, place_code="1")],
                by="security",
            )
        self.hasher.compared.clear()

    def signed_in(self, account: str = "member") -> SignedIn:
        signed_in = self.sign_in(account, RIGHT)
        assert signed_in is not None
        return signed_in

    def member(self) -> Account:
        return self.accounts.kept["member"]

    def family_of(self, signed_in: SignedIn) -> str:
        return self.tokens.kept[digest_of(signed_in.refresh_token)].family


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestSignIn:
    def test_gives_tokens_for_the_right_password(self, desk: Desk) -> None:
        signed_in = desk.signed_in()

        assert signed_in.access_token == f"access of member in {desk.family_of(signed_in)}"
        kept = desk.tokens.kept[digest_of(signed_in.refresh_token)]
        assert kept.expires_at == desk.clock.now + REFRESH_FOR

    def test_keeps_nothing_that_a_thief_of_the_table_could_use(self, desk: Desk) -> None:
        signed_in = desk.signed_in()
        assert signed_in.refresh_token not in repr(desk.tokens.kept)

    @pytest.mark.parametrize("account", ["stranger", "", "no such\x00name", "Member"])
    def test_compares_with_nobodys_password_for_accounts_there_are_not(
        self, desk: Desk, account: str
    ) -> None:
        assert desk.sign_in(account, RIGHT) is None
        assert desk.hasher.compared == [None]

    def test_compares_once_whatever_the_outcome(self, desk: Desk) -> None:
        desk.sign_in("member", WRONG)
        desk.sign_in("member", RIGHT)
        desk.sign_in("stranger", RIGHT)
        assert len(desk.hasher.compared) == 3

    def test_locks_after_five_wrong_passwords_even_for_the_right_one(self, desk: Desk) -> None:
        for _ in range(MOST_FAILURES):
            assert desk.sign_in("member", WRONG) is None

        assert desk.sign_in("member", RIGHT) is None
        assert desk.sign_in("noise", RIGHT) is not None

        desk.clock.passes(LOCKED_FOR)
        assert desk.sign_in("member", RIGHT) is not None

    def test_does_not_prolong_a_lock_by_tries_during_it(self, desk: Desk) -> None:
        for _ in range(MOST_FAILURES):
            desk.sign_in("member", WRONG)
        desk.clock.passes(LOCKED_FOR / 2)
        desk.sign_in("member", WRONG)
        desk.clock.passes(LOCKED_FOR / 2)
        assert desk.sign_in("member", RIGHT) is not None

    def test_counts_failures_in_a_row_only(self, desk: Desk) -> None:
        for _ in range(MOST_FAILURES - 1):
            desk.sign_in("member", WRONG)
        desk.signed_in()
        for _ in range(MOST_FAILURES - 1):
            desk.sign_in("member", WRONG)
        assert desk.sign_in("member", RIGHT) is not None

    def test_refuses_an_account_that_is_not_active(self, desk: Desk) -> None:
        desk.accounts.replace(replace(desk.member(), is_active=False))
        assert desk.sign_in("member", RIGHT) is None

    def test_refuses_when_others_locked_the_account_while_it_compared(self, desk: Desk) -> None:
        compare = desk.hasher.fits

        def slowly(password: str, password_hash: str | None) -> bool:
            for _ in range(MOST_FAILURES):
                desk.accounts.replace(desk.member().after_failure(desk.clock.now))
            return compare(password, password_hash)

        desk.hasher.fits = slowly  # type: ignore[method-assign]
        assert desk.sign_in("member", RIGHT) is None

    def test_renews_a_hash_made_with_weaker_parameters(self, desk: Desk) -> None:
        desk.accounts.replace(replace(desk.member(), password_hash=f"old hash of {RIGHT}"))
        desk.signed_in()
        assert desk.member().password_hash == f"hash of {RIGHT}"

    def test_forgets_tokens_long_expired_and_no_others(self, desk: Desk) -> None:
        old, others = desk.signed_in(), desk.signed_in("noise")
        desk.clock.passes(REFRESH_FOR + EXPIRED_KEPT + timedelta(seconds=1))
        new = desk.signed_in()
        assert set(desk.tokens.kept) == {
            digest_of(new.refresh_token),
            digest_of(others.refresh_token),
        }
        assert digest_of(old.refresh_token) not in desk.tokens.kept


class TestRenewSignIn:
    def test_gives_new_tokens_in_the_same_family(self, desk: Desk) -> None:
        first = desk.signed_in()
        second = desk.renew(first.refresh_token)

        assert second is not None
        assert second.refresh_token != first.refresh_token
        assert desk.family_of(second) == desk.family_of(first)

    def test_goes_on_and_on_with_the_newest(self, desk: Desk) -> None:
        token = desk.signed_in().refresh_token
        for _ in range(3):
            desk.clock.passes(REFRESH_FOR / 2)
            renewed = desk.renew(token)
            assert renewed is not None
            token = renewed.refresh_token

    def test_ends_the_whole_family_when_a_token_comes_twice(self, desk: Desk) -> None:
        first = desk.signed_in()
        other = desk.signed_in()
        second = desk.renew(first.refresh_token)
        assert second is not None

        assert desk.renew(first.refresh_token) is None
        assert desk.renew(second.refresh_token) is None
        # Another sign-in of the same account is another family.
        assert desk.renew(other.refresh_token) is not None

    def test_refuses_what_it_never_gave(self, desk: Desk) -> None:
        desk.signed_in()
        assert desk.renew("never given") is None

    def test_refuses_an_expired_token(self, desk: Desk) -> None:
        signed_in = desk.signed_in()
        desk.clock.passes(REFRESH_FOR)
        assert desk.renew(signed_in.refresh_token) is None

    def test_refuses_an_account_that_is_active_no_more(self, desk: Desk) -> None:
        signed_in = desk.signed_in()
        desk.accounts.replace(replace(desk.member(), is_active=False))
        assert desk.renew(signed_in.refresh_token) is None

    def test_takes_roles_and_place_from_the_account_as_it_is_now(self, desk: Desk) -> None:
        signed_in = desk.signed_in()
        issued: list[Account] = []
        tokens = desk.renew.issue.access_tokens
        issue = tokens.issue

        class Noting:
            def issue(self, account: Account, **how: object) -> str:
                issued.append(account)
                return issue(account, **how)  # type: ignore[arg-type]

        desk.accounts.replace(replace(desk.member(), unit="urban-management"))
        renew = replace(desk.renew, issue=replace(desk.renew.issue, access_tokens=Noting()))
        assert renew(signed_in.refresh_token) is not None
        assert [account.unit for account in issued] == ["urban-management"]


class TestSignOut:
    def test_ends_this_sign_in_and_no_other(self, desk: Desk) -> None:
        this, other = desk.signed_in(), desk.signed_in()
        desk.sign_out(desk.family_of(this))

        assert desk.renew(this.refresh_token) is None
        assert desk.renew(other.refresh_token) is not None


class TestCreateAccount:
    def test_leaves_an_account_that_is_there_as_it_is(self, desk: Desk) -> None:
        made = desk.create_account(
            account="member", name="Another", password="another password", rights=[], by="security"
        )
        assert not made
        assert len(desk.rights.of("member")) == 1
        assert desk.member().name == "member"
        assert desk.sign_in("member", RIGHT) is not None
