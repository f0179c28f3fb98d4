"""Questions to other services, asked under the passport of the call that is being served.

Where that has none – a timer, an event – the service asks on its own account.
"""

from typing import Any

from shared.runtime.call import Call
from shared.runtime.identity import Identity
from shared.runtime.rpc_client import caller_for
from shared.runtime.settings import Settings


class Neighbours:
    """Questions to other services, under the present call."""

    def __init__(self, settings: Settings, identity: Identity, call: Call) -> None:
        self._settings = settings
        self._call = identity.vouched(call.without_command())

    def call(
        self, service: str, method: str, *, timeout_s: float | None = None, **arguments: Any
    ) -> Any:
        """Return what *service* answers; raises the refusal it gives, or `Unavailable`."""
        return caller_for(self._settings.broker_url).call(
            service,
            method,
            arguments,
            call=self._call,
            timeout_s=timeout_s or self._settings.rpc_timeout_s,
        )
