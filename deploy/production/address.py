"""Where a running platform answers, as it was told when it was started."""

from dataclasses import dataclass

import httpx

from deploy.production.folder import ProductionFolder, read_json

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 – to reach what listens so
PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{_EVERYWHERE.get(self.host, self.host)}:{self.port}"

    def is_ready(self) -> bool:
        """Tell whether the edge and every service behind it are ready."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=PATIENCE_S).status_code == 200
        except httpx.TransportError:
            return False


def running_address(folder: ProductionFolder) -> Address | None:
    """Return the address in the edge's own environment, or None where none was ever started."""
    edge = read_json(folder.programs).get("edge")
    if edge is None:
        return None
    return Address(edge["environment"]["WANGGE_HOST"], int(edge["environment"]["PORT"]))
