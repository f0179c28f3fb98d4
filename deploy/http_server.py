"""uvicorn as every profile runs it: the signals are ours, and streams end before clients are waited for."""

import contextlib
import signal
import socket
from collections.abc import Iterator

import uvicorn

from services.gateway.service import Gateway
from shared.runtime.settings import Settings


class HttpServer(uvicorn.Server):
    """Serves the edge; once told to stop it takes nothing new and answers what it has, in time."""

    def __init__(self, app: Gateway, settings: Settings, *, grace_s: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=grace_s,
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
