"""What every desk stands on at which somebody shows who he is."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

from services.gateway.domain.account import Account
from services.gateway.domain.password_rules import PasswordRules
from services.gateway.domain.sign_in_policy import Lasting, SignInPolicy, sign_in_policy
from services.gateway.store.access_tokens import JwtAccessTokens
from services.gateway.store.accounts import SqlAccounts
from services.gateway.store.challenges import JwtChallenges
from services.gateway.store.old_passwords import SqlOldPasswords
from services.gateway.store.password_hashes import Argon2Hasher
from services.gateway.store.refresh_tokens import SqlRefreshTokens
from services.gateway.store.second_factors import SqlSecondFactors
from services.gateway.store.sign_ins import SqlSignIns
from services.gateway.store.signing_key import SigningKey
from services.gateway.usecases.entering import Entering
from services.gateway.usecases.new_password import NewPassword
from services.gateway.usecases.prove_again import ProveAgain
from services.gateway.usecases.second_factor_check import SecondFactorCheck
from services.gateway.usecases.signed_in import TokenIssue
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock, china_now
from shared.runtime import audit
from shared.runtime.call import Call
from shared.runtime.database import ServiceDatabase
from shared.runtime.settings import Settings
from shared.runtime.work import Work

Compute = Callable[[Callable[[], Any]], Any]


def at_once(work: Callable[[], Any]) -> Any:
    return work()


class Proving:
    """Policy, keys and clock, and the use cases' parts for one work each."""

    def __init__(
        self,
        settings: Settings,
        database: ServiceDatabase,
        *,
        compute: Compute = at_once,
        clock: Clock = china_now,
    ) -> None:
        self.settings = settings
        self.database = database
        self.clock = clock
        self.policy = policy_of(settings)
        self.hasher = Argon2Hasher(compute)
        self.key = SigningKey(database)
        self.tokens = JwtAccessTokens(self.key)
        self.challenges = JwtChallenges(self.key)
        self._listeners: list[Callable[[str], None]] = []

    @contextmanager
    def kept(self) -> Iterator[Work]:
        """Give a work that is kept at the end of the block."""
        with closing(Work(self.database)) as work:
            yield work
            work.keep()

    def note(
        self, work: Work, call: Call, action: str, outcome: str, about: str | None = None
    ) -> None:
        """Write into the audit trail what became of *action*."""
        audit.note(
            work,
            call,
            f"gateway.{action}",
            about=about,
            outcome=outcome,
            algorithm=self.settings.audit_digest,
        )

    def when_ended(self, listener: Callable[[str], None]) -> None:
        """Call *listener* with an account whose tokens are to be asked about anew."""
        self._listeners.append(listener)

    def ended(self, account: str) -> None:
        """Tell that sign-ins of *account* ended, or that it was disabled, removed or locked."""
        for listener in self._listeners:
            listener(account)

    def accounts(self, work: Work) -> SqlAccounts:
        return SqlAccounts(self.database, work, self.clock)

    def issue(self, work: Work) -> TokenIssue:
        return TokenIssue(
            SqlSignIns(work), SqlRefreshTokens(work), self.tokens, self.policy, self.clock
        )

    def entering(self, work: Work) -> Entering:
        return Entering(
            self.accounts(work),
            SqlSignIns(work),
            SqlRefreshTokens(work),
            SecondFactorCheck(SqlSecondFactors(work)),
            self.challenges,
            self.issue(work),
            self.clock,
        )

    def prove(self, work: Work) -> ProveAgain:
        check = SecondFactorCheck(SqlSecondFactors(work))
        return ProveAgain(self.accounts(work), self.hasher, check, self.clock)

    def new_password(self, work: Work) -> NewPassword:
        return NewPassword(
            self.accounts(work),
            SqlOldPasswords(self.database, work),
            self.hasher,
            self.policy.passwords,
            self.clock,
        )


def holder(account: Account | None) -> Actor:
    """Return who is noted: what is no account may be a password typed in the wrong place."""
    return Actor(account="unknown") if account is None else account.actor


def policy_of(settings: Settings) -> SignInPolicy:
    """Return what the settings say of sign-ins."""
    return sign_in_policy(
        everybody=Lasting(
            token=timedelta(minutes=settings.token_minutes),
            idle=timedelta(hours=settings.refresh_hours),
            longest=timedelta(days=settings.sign_in_days),
        ),
        idle_of_administrators=timedelta(minutes=settings.idle_minutes),
        longest_of_administrators=timedelta(hours=settings.administrator_hours),
        needs_second_factor=settings.needs_second_factor,
        passwords=PasswordRules(
            shortest=settings.password_length,
            days=settings.password_days,
            days_of_administrators=settings.administrator_password_days,
        ),
    )
