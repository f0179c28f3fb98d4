"""A service or a department gets credentials of its own, or loses them."""

import secrets
from dataclasses import dataclass, replace

from services.gateway.domain.service_client import ServiceClient, check_new_client
from services.gateway.ports import Clients, Transaction
from services.gateway.usecases.signed_in import digest_of
from shared.kernel.clock import Clock
from shared.kernel.errors import NotFound, RuleBroken


@dataclass(frozen=True, slots=True)
class RegisterClient:
    clients: Clients
    transaction: Transaction
    clock: Clock

    def __call__(self, client: ServiceClient) -> str | None:
        """Add a client; return its secret, shown here once, unless it has a public key.

        Raises:
            Invalid: its id or its times will not do.
            RuleBroken: there is one of that id.
        """
        check_new_client(client)
        secret = None if client.public_key is not None else secrets.token_urlsafe(32)
        digest = None if secret is None else digest_of(secret)
        with self.transaction.begin():
            if self.clients.find(client.client_id) is not None:
                raise RuleBroken(
                    code="client_there",
                    zh=f"已有客户端 {client.client_id}。",
                    en=f"There is a client {client.client_id} already.",
                )
            self.clients.add(replace(client, secret_digest=digest))
        return secret

    def disable(self, client_id: str) -> ServiceClient:
        """Let a client in no more; return it.

        Raises:
            NotFound: there is none of that id.
        """
        with self.transaction.begin():
            client = self.clients.find(client_id)
            if client is None:
                raise NotFound(
                    code="no_such_client",
                    zh=f"没有客户端 {client_id}。",
                    en=f"There is no client {client_id}.",
                )
            if client.disabled_at is None:
                client = replace(client, disabled_at=self.clock())
                self.clients.replace(client)
            return client
