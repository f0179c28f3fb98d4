"""A service or a department signs in as itself."""

from dataclasses import dataclass

from services.gateway.domain.reason import Reason
from services.gateway.domain.service_client import ServiceClient, is_client_id
from services.gateway.ports import ClientCredential, ClientCredentials, Clients, Transaction
from shared.kernel.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTurnedAway:
    """Why a client was not let in, and which; None where there is none."""

    reason: Reason
    client: ServiceClient | None = None


@dataclass(frozen=True, slots=True)
class SignInClient:
    clients: Clients
    credentials: ClientCredentials
    transaction: Transaction
    clock: Clock

    def __call__(self, shown: ClientCredential) -> ServiceClient | ClientTurnedAway:
        """Return the client, or why not; that an assertion was used up is to be kept all the same."""
        now = self.clock()
        with self.transaction.begin():
            known = is_client_id(shown.client_id)
            client = self.clients.find(shown.client_id) if known else None
            if client is None:
                return ClientTurnedAway(reason=Reason.CLIENT_UNKNOWN)
            reason = self.credentials.flaw(shown, client, now) or client.why_not(now)
            return client if reason is None else ClientTurnedAway(reason=reason, client=client)
