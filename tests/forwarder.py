"""A port that leads to another one: it may be cut, and led elsewhere, as a network may."""

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

from tests.platform import free_port


class Forwarder:
    """Forwards connections to a server that may go away and come back on another port."""

    def __init__(self) -> None:
        self.port = free_port()
        self._target: int | None = None
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def url_of(self, url: str) -> str:
        """Return the address of the server as it is through this port; lead there from now on."""
        parts = urlsplit(url)
        self._target = parts.port
        return urlunsplit(
            parts._replace(netloc=parts.netloc.replace(str(parts.port), str(self.port)))
        )

    def cut(self) -> None:
        """End every connection and let no new one through."""
        self._target = None
        for end in list(self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.cut()
        # Nobody may wait on a socket that is closed: another would get its number, and the wait with it.
        self._listening.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self._lead_on(self._listening.accept()[0])

    def _lead_on(self, near: socket.socket) -> None:
        try:
            if self._target is None:
                raise ConnectionRefusedError
            far = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            near.close()
            return
        self._open |= {near, far}
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
        self._open.discard(source)
        source.close()
