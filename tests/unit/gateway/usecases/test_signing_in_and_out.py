"""Signing in, going on with it, signing out."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from services.gateway.domain.account import LOCKED_FOR, MOST_FAILURES, Account
from services.gateway.domain.kept_sign_in import Device
from services.gateway.domain.password_rules import PasswordRules
from services.gateway.domain.reason import Reason
from services.gateway.domain.sign_in_policy import Lasting, SignInPolicy, sign_in_policy
from services.gateway.ports import Proof
from services.gateway.usecases.answer_challenge import AnswerChallenge
from services.gateway.usecases.create_account import CreateAccount
from services.gateway.usecases.entering import EXPIRED_KEPT, Entering, Entry
from services.gateway.usecases.renew_sign_in import RenewSignIn
from services.gateway.usecases.second_factor_check import SecondFactorCheck
from services.gateway.usecases.sign_in import SignIn
from services.gateway.usecases.sign_out import ENDED_BY_OWNER, SignOut
from services.gateway.usecases.signed_in import SignedIn, TokenIssue, TurnedAway, digest_of
from shared.kernel.actor import Right
from shared.kernel.rights import Role
from tests.fakes.gateway import (
    FakeAccessTokens,
    FakeAccountRights,
    FakeAccounts,
    FakeChallenges,
    FakeClock,
    FakeOldPasswords,
    FakePasswordHasher,
    FakeProofs,
    FakeRefreshTokens,
    FakeSecondFactors,
    FakeSignIns,
    FakeTransaction,
)

REFRESH_FOR = timedelta(hours=12)
RIGHT, WRONG = "correct horse", "wrong horse"


def policy(**changed: object) -> SignInPolicy:
    lasting = Lasting(token=timedelta(minutes=30), idle=REFRESH_FOR, longest=timedelta(days=30))
    usual = sign_in_policy(
        everybody=lasting,
        idle_of_administrators=timedelta(minutes=30),
        longest_of_administrators=timedelta(hours=12),
        needs_second_factor=False,
        passwords=PasswordRules(),
    )
    return replace(usual, **changed)  # type: ignore[arg-type]


class Desk:
    """The use cases over fakes, with two accounts: `member` and, so that others are there, `noise`."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.accounts = FakeAccounts()
        self.sign_ins = FakeSignIns()
        self.tokens = FakeRefreshTokens()
        self.hasher = FakePasswordHasher()
        self.factors = FakeSecondFactors()
        self.work = FakeTransaction()
        issue = TokenIssue(self.sign_ins, self.tokens, FakeAccessTokens(), policy(), self.clock)
        entering = Entering(
            self.accounts,
            self.sign_ins,
            self.tokens,
            SecondFactorCheck(self.factors),
            FakeChallenges(),
            issue,
            self.clock,
        )
        self._sign_in = SignIn(self.accounts, self.hasher, entering, self.work, self.clock)
        self.answer = AnswerChallenge(
            self.accounts, FakeChallenges(), entering, self.work, self.clock
        )
        self._renew = RenewSignIn(
            self.accounts,
            self.sign_ins,
            self.tokens,
            FakeProofs(),
            issue,
            self.work,
            self.clock,
        )
        self.sign_out = SignOut(self.sign_ins, self.work, self.clock)
        self.rights = FakeAccountRights()
        self.create_account = CreateAccount(
            self.accounts,
            self.rights,
            FakeOldPasswords(),
            self.hasher,
            PasswordRules(),
            self.work,
            self.clock,
        )
        for name in ("member", "noise"):
            self.create_account(
                account=name,
                name=name,
                password=RIGHT,
                rights=[Right(role=Role.GRID_MEMBER, place_code="1")],
                by="security",
                is_own=True,
            )
        self.hasher.compared.clear()

    def sign_in(self, account: str, password: str, **entry: Any) -> SignedIn | TurnedAway:
        return self._sign_in(account, password, Entry(**entry))

    def reason(self, account: str, password: str, **entry: Any) -> Reason | None:
        """Try to sign in; return why it failed."""
        return _reason(self.sign_in(account, password, **entry))

    def renew(self, token: str, proof: str | None = None) -> SignedIn | TurnedAway:
        return self._renew(token, Proof(token=proof, method="POST", url="http://edge/token"))

    def renewed(self, token: str, proof: str | None = None) -> SignedIn:
        renewed = self.renew(token, proof)
        assert isinstance(renewed, SignedIn)
        return renewed

    def unrenewed(self, token: str, proof: str | None = None) -> Reason | None:
        """Try to renew; return why it failed."""
        return _reason(self.renew(token, proof))

    def signed_in(self, account: str = "member", **entry: Any) -> SignedIn:
        signed_in = self.sign_in(account, RIGHT, **entry)
        assert isinstance(signed_in, SignedIn)
        return signed_in

    def member(self) -> Account:
        return self.accounts.kept["member"]

    def family_of(self, signed_in: SignedIn) -> str:
        return self.tokens.kept[digest_of(signed_in.refresh_token)].family


@pytest.fixture
def desk() -> Desk:
    return Desk()


def _reason(outcome: SignedIn | TurnedAway) -> Reason | None:
    return outcome.reason if isinstance(outcome, TurnedAway) else None


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
        assert desk.reason(account, RIGHT) is Reason.UNKNOWN_ACCOUNT
        assert desk.hasher.compared == [None]

    def test_compares_once_whatever_the_outcome(self, desk: Desk) -> None:
        desk.sign_in("member", WRONG)
        desk.sign_in("member", RIGHT)
        desk.sign_in("stranger", RIGHT)
        assert len(desk.hasher.compared) == 3

    def test_locks_after_five_wrong_passwords_even_for_the_right_one(self, desk: Desk) -> None:
        for _ in range(MOST_FAILURES):
            assert desk.reason("member", WRONG) is Reason.WRONG_PASSWORD

        assert desk.reason("member", RIGHT) is Reason.LOCKED
        assert desk.reason("noise", RIGHT) is None

        desk.clock.passes(LOCKED_FOR)
        assert desk.reason("member", RIGHT) is None

    def test_does_not_prolong_a_lock_by_tries_during_it(self, desk: Desk) -> None:
        for _ in range(MOST_FAILURES):
            desk.sign_in("member", WRONG)
        desk.clock.passes(LOCKED_FOR / 2)
        desk.sign_in("member", WRONG)
        desk.clock.passes(LOCKED_FOR / 2)
        assert desk.reason("member", RIGHT) is None

    def test_counts_failures_in_a_row_only(self, desk: Desk) -> None:
        for _ in range(MOST_FAILURES - 1):
            desk.sign_in("member", WRONG)
        desk.signed_in()
        for _ in range(MOST_FAILURES - 1):
            desk.sign_in("member", WRONG)
        assert desk.reason("member", RIGHT) is None

    def test_refuses_an_account_that_is_not_active(self, desk: Desk) -> None:
        desk.accounts.replace(replace(desk.member(), is_active=False))
        assert desk.reason("member", RIGHT) is Reason.DISABLED

    def test_refuses_when_others_locked_the_account_while_it_compared(self, desk: Desk) -> None:
        compare = desk.hasher.fits

        def slowly(password: str, password_hash: str | None) -> bool:
            for _ in range(MOST_FAILURES):
                desk.accounts.replace(desk.member().after_failure(desk.clock.now))
            return compare(password, password_hash)

        desk.hasher.fits = slowly  # type: ignore[method-assign]
        assert desk.reason("member", RIGHT) is Reason.LOCKED

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
        second = desk.renewed(first.refresh_token)

        assert second.refresh_token != first.refresh_token
        assert desk.family_of(second) == desk.family_of(first)

    def test_goes_on_and_on_with_the_newest(self, desk: Desk) -> None:
        token = desk.signed_in().refresh_token
        for _ in range(3):
            desk.clock.passes(REFRESH_FOR / 2)
            token = desk.renewed(token).refresh_token

    def test_ends_the_whole_family_when_a_token_comes_twice(self, desk: Desk) -> None:
        first = desk.signed_in()
        other = desk.signed_in()
        second = desk.renewed(first.refresh_token)

        assert desk.unrenewed(first.refresh_token) is Reason.REFRESH_REUSED
        assert desk.unrenewed(second.refresh_token) is Reason.SIGN_IN_ENDED
        # Another sign-in of the same account is another family.
        assert desk.unrenewed(other.refresh_token) is None

    def test_refuses_what_it_never_gave(self, desk: Desk) -> None:
        desk.signed_in()
        assert desk.unrenewed("never given") is Reason.REFRESH_UNKNOWN

    def test_refuses_an_expired_token(self, desk: Desk) -> None:
        signed_in = desk.signed_in()
        desk.clock.passes(REFRESH_FOR)
        assert desk.unrenewed(signed_in.refresh_token) is Reason.REFRESH_EXPIRED

    def test_refuses_an_account_that_is_active_no_more(self, desk: Desk) -> None:
        signed_in = desk.signed_in()
        desk.accounts.replace(replace(desk.member(), is_active=False))
        assert desk.unrenewed(signed_in.refresh_token) is Reason.DISABLED

    def test_takes_roles_and_place_from_the_account_as_it_is_now(self, desk: Desk) -> None:
        signed_in = desk.signed_in()
        desk.accounts.replace(replace(desk.member(), rights=(Right(role=Role.AUDITOR),)))
        assert desk.renewed(signed_in.refresh_token).account.rights == (Right(role=Role.AUDITOR),)

    def test_refuses_an_account_that_is_gone(self, desk: Desk) -> None:
        signed_in = desk.signed_in()
        del desk.accounts.kept["member"]
        assert desk.unrenewed(signed_in.refresh_token) is Reason.ACCOUNT_GONE

    def test_ends_when_all_its_time_is_over_however_often_it_was_renewed(self, desk: Desk) -> None:
        token = desk.signed_in().refresh_token
        for _ in range(59):
            desk.clock.passes(REFRESH_FOR - timedelta(minutes=1))
            token = desk.renewed(token).refresh_token
        desk.clock.passes(REFRESH_FOR)
        assert desk.unrenewed(token) is Reason.REFRESH_EXPIRED

    def test_ends_an_administrators_after_half_an_hour_of_idleness(self, desk: Desk) -> None:
        desk.accounts.replace(
            replace(desk.member(), rights=(Right(role=Role.SYSTEM_ADMINISTRATOR),))
        )
        signed_in = desk.signed_in()
        assert signed_in.expires_in == 10 * 60
        desk.clock.passes(timedelta(minutes=30))
        assert desk.unrenewed(signed_in.refresh_token) is Reason.REFRESH_EXPIRED


class TestBoundToADevice:
    KEY: ClassVar = {"kty": "OKP", "crv": "Ed25519", "x": "x"}

    @pytest.fixture
    def bound(self, desk: Desk) -> SignedIn:
        return desk.signed_in(device=Device(name="phone", key=self.KEY))

    def test_goes_on_with_its_proof(self, desk: Desk, bound: SignedIn) -> None:
        again = desk.renewed(bound.refresh_token, "good")
        assert desk.unrenewed(again.refresh_token, "good") is None

    @pytest.mark.parametrize("proof", [None, "proof_wrong", "proof_replayed"])
    def test_is_ended_for_whoever_has_the_token_and_not_the_key(
        self, desk: Desk, bound: SignedIn, proof: str | None
    ) -> None:
        assert desk.unrenewed(bound.refresh_token, proof) is Reason(proof or "proof_missing")
        assert desk.unrenewed(bound.refresh_token, "good") is Reason.SIGN_IN_ENDED

    def test_outlives_a_clock_that_is_wrong(self, desk: Desk, bound: SignedIn) -> None:
        assert desk.unrenewed(bound.refresh_token, "proof_stale") is Reason.PROOF_STALE
        assert desk.unrenewed(bound.refresh_token, "good") is None


class TestSignOut:
    def test_ends_this_sign_in_and_no_other(self, desk: Desk) -> None:
        this, other = desk.signed_in(), desk.signed_in()
        desk.sign_out(desk.family_of(this))

        assert desk.unrenewed(this.refresh_token) is Reason.SIGN_IN_ENDED
        assert desk.unrenewed(other.refresh_token) is None

    def test_everywhere_ends_all_of_the_account_and_nobody_elses(self, desk: Desk) -> None:
        mine, other = [desk.signed_in(), desk.signed_in()], desk.signed_in("noise")
        desk.sign_out.everywhere("member")

        for signed_in in mine:
            assert desk.unrenewed(signed_in.refresh_token) is Reason.SIGN_IN_ENDED
        assert desk.unrenewed(other.refresh_token) is None

    def test_of_another_sign_in_is_for_its_owner_alone(self, desk: Desk) -> None:
        family = desk.family_of(desk.signed_in())
        assert not desk.sign_out.another(family, "noise")
        assert not desk.sign_out.another("no such", "member")
        assert desk.sign_out.another(family, "member")
        assert desk.sign_ins.kept[family].ended_because == ENDED_BY_OWNER


class TestCreateAccount:
    def test_leaves_an_account_that_is_there_as_it_is(self, desk: Desk) -> None:
        made = desk.create_account(
            account="member",
            name="Another",
            password="another Horse 7",
            rights=[],
            by="security",
        )
        assert not made
        assert desk.member().name == "member"
        assert desk.reason("member", RIGHT) is None
