"""Questions to other services, asked under the passport of the call that is being served.

Where that has none – a timer, an event – the service asks on its own account.
"""

from dataclasses import replace
from typing import Any

from shared.kernel.actor import PLATFORM
from shared.runtime.call import Call
from shared.runtime.identity import Identity
from shared.runtime.rpc_client import caller_for
from shared.runtime.settings import Settings


class Neighbours:
    """Questions to other services, under the present call."""

    def __init__(self, settings: Settings, identity: Identity, call: Call) -> None:
        self._settings = settings
        self._identity = identity
        self._call = call.without_command()

    @property
    def on_own_account(self) -> "Neighbours":
        """Return the same for what the service asks by itself, whoever it serves: others' records."""
        own = replace(self._call, actor=PLATFORM, passport=None)
        return Neighbours(self._settings, self._identity, own)

    def call(
        self, service: str, method: str, *, timeout_s: float | None = None, **arguments: Any
    ) -> Any:
        """Return what *service* answers; raises the refusal it gives, or `Unavailable`."""
        return caller_for(self._settings.broker_url).call(
            service,
            method,
            arguments,
            call=self._identity.vouched(self._call),
            timeout_s=timeout_s or self._settings.rpc_timeout_s,
        )
