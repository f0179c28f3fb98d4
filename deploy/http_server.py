"""uvicorn as every profile runs it: the signals are ours, and streams end before clients are waited for."""

import contextlib
import signal
import socket
import ssl
from asyncio import Protocol
from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

import uvicorn

from deploy.http_protocol import LONGEST_HEAD, Connections, ImpatientProtocol
from services.gateway.service import Gateway
from shared.runtime.settings import Settings

# Longer than a browser's usual pause between two requests.
KEPT_ALIVE_S = 15


def _tls(_: uvicorn.Config, context_of: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Return how the edge speaks TLS: 1.2 and newer, as GB/T 22239-2019, 8.1.2.2 wants it kept secret."""
    context = context_of()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class HttpServer(uvicorn.Server):
    """Serves the edge; once told to stop it takes nothing new and answers what it has, in time."""

    def __init__(self, app: Gateway, settings: Settings, *, grace_s: int) -> None:
        connections = Connections(settings.connections_per_address, settings.trusted_proxies)
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                http=cast(type[Protocol], partial(ImpatientProtocol, connections)),
                ws="none",
                h11_max_incomplete_event_size=LONGEST_HEAD,
                timeout_keep_alive=KEPT_ALIVE_S,
                # Its own choice believes X-Forwarded-For of whoever is on this machine.
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=list(settings.trusted_proxies),
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=grace_s,
                ssl_certfile=settings.tls_certificate,
                ssl_keyfile=settings.tls_key,
                ssl_context_factory=_tls if settings.speaks_tls else None,
            )
        )
        self._app = app

    def stop_on_signals(self) -> None:
        """Stop on Ctrl-C and when the system asks."""
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, lambda *_: self.stop())

    def stop(self) -> None:
        """Begin to stop; returns at once."""
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone: uvicorn raises one again once it has stopped."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, for whose clients uvicorn would wait; then stop."""
        self._app.close_streams()
        await super().shutdown(sockets)
