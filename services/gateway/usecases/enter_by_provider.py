"""Somebody signs in by way of an identity provider (OpenID Connect, authorization code with PKCE).

No token lies in an address on the way: the browser comes back with a code good once, for a minute, and
for that browser alone, and the page exchanges it.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from services.gateway.domain.account import is_account_name
from services.gateway.domain.reason import Reason
from services.gateway.ports import (
    Accounts,
    Identity,
    IdentityProvider,
    Links,
    ProviderRefused,
    Transaction,
    Visit,
    Visits,
)
from services.gateway.usecases.entering import Entering, Entry
from services.gateway.usecases.signed_in import SignedIn, TurnedAway, digest_of
from shared.kernel.clock import Clock

# To find one's password at the provider's.
VISIT = timedelta(minutes=10)
# For the page to load and to exchange the code.
EXCHANGE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAway:
    """Where the browser goes, and what it has to bring back."""

    address: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameBack:
    """What became of a visit: a code for the page, or why there is none."""

    return_to: str | None
    code: str | None = None
    reason: Reason | None = None
    account: str | None = None
    is_new_link: bool = False


@dataclass(frozen=True, slots=True)
class SendToProvider:
    provider: IdentityProvider
    visits: Visits
    transaction: Transaction
    clock: Clock

    def __call__(self, *, return_to: str, redirect_uri: str) -> SentAway:
        """Return where the browser goes; raises `Unavailable`."""
        state = secrets.token_urlsafe(32)
        visit = Visit(
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(64),
            return_to=return_to,
            until=self.clock() + VISIT,
        )
        address = self.provider.address_for(visit, state=state, redirect_uri=redirect_uri)
        with self.transaction.begin():
            self.visits.put(digest_of(state), visit)
        return SentAway(address=address, state=state)


@dataclass(frozen=True, slots=True)
class ComeBack:
    """In two works: asking the provider takes long, and a visit that was taken stays taken."""

    provider: IdentityProvider
    visits: Visits
    links: Links
    accounts: Accounts
    transaction: Transaction
    clock: Clock

    def taken(self, state: str, brought: str | None) -> Visit | None:
        """Return the visit of *state*, once, for the browser that *brought* the same state."""
        with self.transaction.begin():
            if brought is None or not secrets.compare_digest(state.encode(), brought.encode()):
                return None
            visit = self.visits.take(digest_of(state))
            return visit if visit is not None and self.clock() < visit.until else None

    def identity(self, code: str | None, visit: Visit, redirect_uri: str) -> Identity | Reason:
        """Return who it is; hold nothing meanwhile. Raises `Unavailable`."""
        if code is None:
            return Reason.PROVIDER_REFUSED
        try:
            return self.provider.identity(code, visit, redirect_uri=redirect_uri)
        except ProviderRefused as refused:
            return refused.reason

    def __call__(self, identity: Identity, visit: Visit, state: str) -> CameBack:
        """Return the code that the page exchanges, when the identity has an account here."""
        with self.transaction.begin():
            account = self.links.account_of(identity.issuer, identity.subject)
            is_new = account is None
            if is_new and self._may_link(identity):
                account = identity.account
            if account is None:
                return CameBack(return_to=visit.return_to, reason=Reason.NOT_LINKED)
            code = secrets.token_urlsafe(32)
            # Nobody can make another's browser use it: it is worth something with that state alone.
            until = self.clock() + EXCHANGE
            self.visits.put_entry(digest_of(f"{code}.{state}"), account, until)
            return CameBack(
                return_to=visit.return_to, code=code, account=account, is_new_link=is_new
            )

    def _may_link(self, identity: Identity) -> bool:
        name = identity.account or ""
        known = is_account_name(name) and self.accounts.find(name) is not None
        return known and self.links.fill(identity, self.clock())


@dataclass(frozen=True, slots=True)
class EnterByCode:
    accounts: Accounts
    visits: Visits
    entering: Entering
    transaction: Transaction
    clock: Clock

    def __call__(self, code: str, state: str | None, entry: Entry) -> SignedIn | TurnedAway:
        """Return the tokens, or why not; a code that was taken is to be kept so all the same."""
        now = self.clock()
        with self.transaction.begin():
            account = self.visits.take_entry(digest_of(f"{code}.{state}"), now)
            if account is None:
                return TurnedAway(reason=Reason.ENTRY_CODE_WRONG)
            held = self.accounts.find(account)
            if held is None:
                return TurnedAway(reason=Reason.ACCOUNT_GONE, gone=account)
            return self.entering.why_not(held, now) or self.entering(held, entry)
