"""Where a running platform answers, as it was told when it was started."""

from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from deploy.production.folder import ProductionFolder, read_json

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 – to reach what listens so
PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    @property
    def url(self) -> str:
        host = self._reached_at
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def is_ready(self) -> bool:
        """Tell whether the edge and every service behind it are ready."""
        edge = HTTPConnection(self._reached_at, self.port, timeout=PATIENCE_S)
        with closing(edge), suppress(OSError, HTTPException):
            edge.request("GET", "/readyz")
            return edge.getresponse().status == 200
        return False

    @property
    def _reached_at(self) -> str:
        return _EVERYWHERE.get(self.host, self.host)


def running_address(folder: ProductionFolder) -> Address | None:
    """Return the address in the edge's own environment, or None where none was ever started."""
    edge = read_json(folder.programs).get("edge")
    if edge is None:
        return None
    return Address(edge["environment"]["WANGGE_HOST"], int(edge["environment"]["PORT"]))
