"""The desk at which people enter by way of an identity provider."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from services.gateway.clients.identity_provider import OidcProvider
from services.gateway.domain.not_signed_in import entry_refused
from services.gateway.domain.reason import Reason
from services.gateway.ports import Identity
from services.gateway.store.oidc import SqlLinks, SqlVisits
from services.gateway.usecases.enter_by_provider import (
    CameBack,
    ComeBack,
    EnterByCode,
    SendToProvider,
    SentAway,
)
from services.gateway.usecases.entering import Entry
from services.gateway.usecases.signed_in import SignedIn
from services.gateway.wiring.proving import Proving, holder
from services.gateway.wiring.sign_in_desk import SignInDesk
from shared.kernel.actor import Actor
from shared.kernel.errors import NotFound
from shared.runtime import audit
from shared.runtime.call import Call
from shared.runtime.work import Work


class OidcDesk:
    """Every method waits for the database or the provider, so call it off the loop."""

    def __init__(self, proving: Proving, sign_in: SignInDesk) -> None:
        self._proving = proving
        self._sign_in = sign_in
        settings = proving.settings
        named = settings.oidc_issuer is not None and settings.oidc_client_id is not None
        self._provider = OidcProvider(settings) if named else None

    @property
    def provider(self) -> OidcProvider:
        if self._provider is None:
            raise NotFound(
                code="no_provider",
                zh="本平台未设置统一身份认证；请用账号和密码登录。",
                en="No identity provider is set here; sign in with account and password.",
            )
        return self._provider

    def send(self, *, return_to: str, redirect_uri: str) -> SentAway:
        """Return where the browser goes; raises `NotFound` or `Unavailable`."""
        with self._proving.kept() as work:
            visits = SqlVisits(work)
            use_case = SendToProvider(self.provider, visits, work, self._proving.clock)
            sent = use_case(return_to=return_to, redirect_uri=redirect_uri)
            visits.forget(self._proving.clock())
        return sent

    def come_back(
        self,
        *,
        code: str | None,
        state: str,
        brought: str | None,
        redirect_uri: str,
        call: Call,
    ) -> CameBack:
        """Return what becomes of the visit; raises `NotFound` or `Unavailable`."""
        with self._proving.kept() as work:
            visit = self._coming(work).taken(state, brought)
        if visit is None:
            return self._turned_away(Reason.STATE_WRONG, None, call)
        with self._proving.kept() as work:
            identity = self._coming(work).identity(code, visit, redirect_uri)
        if not isinstance(identity, Identity):
            return self._turned_away(identity, visit.return_to, call)
        with self._proving.kept() as work:
            came = self._coming(work)(identity, visit, state)
            self._note(work, came, call)
        return came

    def enter(self, code: str, brought: str | None, entry: Entry, call: Call) -> SignedIn:
        """Return the tokens for the page's code; raises `NotSignedIn`."""
        proving = self._proving
        proving.key.fetch()
        with proving.kept() as work:
            use_case = EnterByCode(
                proving.accounts(work),
                SqlVisits(work),
                proving.entering(work),
                work,
                proving.clock,
            )
            outcome = self._sign_in.noted(work, call, "sign_in", use_case(code, brought, entry))
        return self._sign_in.let_in(outcome, entry_refused())

    def allow(self, account: str, call: Call) -> None:
        """Let an account enter by the provider, as whoever comes first by its name; raises `NotFound`."""
        with self._proving.kept() as work, work.begin():
            found = self._proving.accounts(work).find(account)
            if found is not None:
                SqlLinks(work).allow(self.provider.issuer, account)
                self._proving.note(work, call, "allow_provider", audit.DONE, account)
        if found is None:
            raise NotFound(
                code="no_such_account",
                zh=f"没有账号 {account}。",
                en=f"There is no account {account}.",
            )

    def forbid(self, account: str, call: Call) -> bool:
        """Let an account enter by the provider no more; False where it could not before."""
        with self._proving.kept() as work, work.begin():
            removed = SqlLinks(work).remove(self.provider.issuer, account)
            if removed:
                self._proving.note(work, call, "forbid_provider", audit.DONE, account)
        return removed

    def links(self) -> Sequence[dict[str, Any]]:
        with self._proving.kept() as work:
            return SqlLinks(work).all()

    def _coming(self, work: Work) -> ComeBack:
        return ComeBack(
            self.provider,
            SqlVisits(work),
            SqlLinks(work),
            self._proving.accounts(work),
            work,
            self._proving.clock,
        )

    def _turned_away(self, reason: Reason, return_to: str | None, call: Call) -> CameBack:
        away = CameBack(return_to=return_to, reason=reason)
        with self._proving.kept() as work:
            self._note(work, away, call)
        return away

    def _note(self, work: Work, came: CameBack, call: Call) -> None:
        # Found to be changed, so it is held; nothing can be held in a reading.
        with work.begin():
            found = self._proving.accounts(work).find(came.account) if came.account else None
        noting = replace(call, actor=holder(found) if found else Actor(account="unknown"))
        self._proving.note(work, noting, "come_back", came.reason or audit.DONE)
        if came.is_new_link:
            self._proving.note(work, noting, "link_provider", audit.DONE)
