"""What the routes stand on; made once by the service and found on the application."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Protocol

from fastapi import Depends, Request

from services.gateway.clients import LiveFeed
from services.gateway.routes.guard import Guard
from services.gateway.routes.limits import Limits
from services.gateway.routes.metrics import Metrics
from services.gateway.usecases.signed_in import SignedIn
from shared.runtime.blobs import Blobs
from shared.runtime.call import Call
from shared.runtime.edge import Edge
from shared.runtime.settings import Settings


class Desk(Protocol):
    """What the edge does itself; every method waits, so call it through `Edge.run`."""

    def sign_in(self, account: str, password: str, call: Call) -> SignedIn: ...

    def renew(self, refresh_token: str, call: Call) -> SignedIn: ...

    def sign_out(self, family: str, call: Call) -> None: ...

    def keep_file(self, upload: BinaryIO, call: Call) -> dict[str, Any]: ...

    def keep_blob(self, content: BinaryIO) -> str: ...

    def file_row(self, file_id: str) -> dict[str, Any] | None: ...

    def unknown_files(self, file_ids: Sequence[str]) -> list[str]: ...

    def ready(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """Everything a route may need."""

    settings: Settings
    edge: Edge
    desk: Desk
    guard: Guard
    limits: Limits
    blobs: Blobs
    incoming: Path
    feed: LiveFeed
    metrics: Metrics


async def _backing(request: Request) -> Backing:
    backing: Backing = request.app.state.backing
    return backing


# Asynchronous like every dependency here: FastAPI hands plain functions to a thread pool that
# cannot run on eventlet's loop.
Backed = Annotated[Backing, Depends(_backing)]
