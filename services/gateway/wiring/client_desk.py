"""The desk of services and departments that sign in as themselves."""

from dataclasses import dataclass, replace

from services.gateway import queries
from services.gateway.domain.not_signed_in import api_key_refused, client_refused
from services.gateway.domain.service_client import ServiceClient, parts_of
from services.gateway.ports import ClientCredential
from services.gateway.store.access_tokens import Bearer
from services.gateway.store.clients import ShownByClients, SqlClients
from services.gateway.usecases.register_client import RegisterClient
from services.gateway.usecases.sign_in_client import ClientTurnedAway, SignInClient
from services.gateway.wiring.proving import Proving
from shared.kernel.actor import Actor
from shared.runtime import audit
from shared.runtime.call import Call
from shared.runtime.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientToken:
    """What a client gets: it asks anew when it has expired (RFC 6749, 4.4.3)."""

    access_token: str
    expires_in: int


class ClientDesk:
    """Every method waits for the database, so call it off the loop."""

    def __init__(self, proving: Proving) -> None:
        self._proving = proving

    def sign_in(self, shown: ClientCredential, call: Call) -> ClientToken:
        """Return a client's token; raises `NotSignedIn`."""
        proving = self._proving
        proving.key.fetch()
        with proving.kept() as work:
            use_case = SignInClient(SqlClients(work), ShownByClients(work), work, proving.clock)
            outcome = use_case(shown)
            self._note(work, call, outcome)
        if isinstance(outcome, ClientTurnedAway):
            raise client_refused()
        valid_for = proving.policy.everybody.token
        token = proving.tokens.issue_to_client(outcome, now=proving.clock(), valid_for=valid_for)
        return ClientToken(access_token=token, expires_in=int(valid_for.total_seconds()))

    def holder_of_key(self, api_key: str) -> Bearer:
        """Return which client holds an API key; raises `NotSignedIn`.

        Only who is refused is noted: what a client does by its key is noted where it does it.
        """
        proving = self._proving
        client_id, secret = parts_of(api_key)
        shown = ClientCredential(client_id=client_id, secret=secret)
        with proving.kept() as work:
            use_case = SignInClient(SqlClients(work), ShownByClients(work), work, proving.clock)
            outcome = use_case(shown)
            if isinstance(outcome, ClientTurnedAway):
                self._note(work, Call(), outcome)
        if isinstance(outcome, ClientTurnedAway):
            raise api_key_refused()
        until = proving.clock() + proving.policy.everybody.token
        return Bearer(
            actor=outcome.actor,
            name=outcome.name,
            family=outcome.actor.account,
            expires_at=min(until, outcome.valid_until or until),
        )

    def register(self, client: ServiceClient, call: Call) -> str | None:
        """Add a client; return its secret, or None when it has a key. Raises `Refusal`."""
        with self._proving.kept() as work:
            secret = self._register(work)(client)
            self._proving.note(work, call, "register_client", audit.DONE, client.client_id)
        return secret

    def disable(self, client_id: str, call: Call) -> None:
        """Let a client in no more; raises `NotFound`."""
        with self._proving.kept() as work:
            client = self._register(work).disable(client_id)
            self._proving.note(work, call, "disable_client", audit.DONE, client_id)
        self._proving.ended(client.actor.account)

    def clients(self) -> list[ServiceClient]:
        with self._proving.database.reading() as connection:
            return queries.clients(connection)

    def _register(self, work: Work) -> RegisterClient:
        return RegisterClient(SqlClients(work), work, self._proving.clock)

    def _note(self, work: Work, call: Call, outcome: ServiceClient | ClientTurnedAway) -> None:
        if isinstance(outcome, ServiceClient):
            noting, result = replace(call, actor=outcome.actor), audit.DONE
        else:
            known = outcome.client
            actor = Actor(account="unknown") if known is None else known.actor
            noting, result = replace(call, actor=actor), outcome.reason.value
        self._proving.note(work, noting, "client_sign_in", result)
