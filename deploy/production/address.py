"""Where a running platform answers, as it was told when it was started."""

import ssl
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from deploy.production.folder import ProductionFolder, read_json

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 – to reach what listens so
PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int
    is_tls: bool = False

    @property
    def url(self) -> str:
        scheme, host = "https" if self.is_tls else "http", self._reached_at
        return (
            f"{scheme}://[{host}]:{self.port}" if ":" in host else f"{scheme}://{host}:{self.port}"
        )

    def is_ready(self) -> bool:
        """Tell whether the edge and every service behind it are ready."""
        edge = self._connection()
        with closing(edge), suppress(OSError, HTTPException):
            edge.request("GET", "/readyz")
            return edge.getresponse().status == 200
        return False

    def _connection(self) -> HTTPConnection:
        if not self.is_tls:
            return HTTPConnection(self._reached_at, self.port, timeout=PATIENCE_S)
        # Our own edge on our own machine, whose certificate names what others call it; nothing is told it.
        anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        return HTTPSConnection(self._reached_at, self.port, timeout=PATIENCE_S, context=anybody)

    @property
    def _reached_at(self) -> str:
        return _EVERYWHERE.get(self.host, self.host)


def running_address(folder: ProductionFolder) -> Address | None:
    """Return the address in the edge's own environment, or None where none was ever started."""
    edge = read_json(folder.programs).get("edge")
    if edge is None:
        return None
    environment = edge["environment"]
    is_tls = "WANGGE_TLS_CERTIFICATE" in environment
    return Address(environment["WANGGE_HOST"], int(environment["PORT"]), is_tls)
