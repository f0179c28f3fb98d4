"""What the routes stand on; made once by the service and found on the application."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Protocol

from fastapi import Depends, Request

from services.gateway.clients.file_forgetter import GoingFilesDesk
from services.gateway.clients.live_feed import LiveFeed
from services.gateway.domain.export import Export
from services.gateway.domain.export_columns import Row
from services.gateway.domain.second_factor import SecondFactor
from services.gateway.files.table_reading import ReadTable
from services.gateway.ports import ClientCredential, Proof
from services.gateway.routes.export_turns import ExportTurns
from services.gateway.routes.guard import Guard
from services.gateway.routes.limits import Limits
from services.gateway.routes.metrics import Metrics
from services.gateway.store.access_tokens import Bearer
from services.gateway.usecases.create_account import AccountOrder
from services.gateway.usecases.enter_by_provider import CameBack, SentAway
from services.gateway.usecases.entering import Entry
from services.gateway.usecases.signed_in import SignedIn
from shared.contracts.audit import AuditFilter
from shared.kernel.actor import Actor, Right
from shared.runtime.blobs import Blobs
from shared.runtime.call import Call
from shared.runtime.edge import Edge
from shared.runtime.settings import Settings


class Desk(Protocol):
    """Keeps what people upload; every method waits, so call it through `Edge.run`."""

    def keep_file(self, upload: BinaryIO, call: Call) -> dict[str, Any]: ...

    def keep_blob(self, content: BinaryIO) -> str: ...

    def read_table(self, content: BinaryIO) -> ReadTable: ...

    def file_row(self, file_id: str) -> dict[str, Any] | None: ...

    def unknown_files(self, file_ids: Sequence[str]) -> list[str]: ...

    def ready(self) -> None: ...


class WritingProcess(Protocol):
    """A process that writes an export's file."""

    def code(self) -> int | None: ...

    def complaint(self) -> str: ...

    def end(self) -> None: ...


class ExportDesk(Protocol):
    """Exports and their files; every method waits, so call it through `Edge.run`."""

    def begin(self, export: Export, call: Call, *, in_a_file: bool) -> None: ...

    def end(self, export: Export, call: Call, *, rows: int, outcome: str) -> None: ...

    def actor_now(self, bearer: Bearer) -> Actor: ...

    def add_rows(self, export: Export, rows: Sequence[Row]) -> None: ...

    def beat(self, export: Export, done: int) -> bool: ...

    def start_writing(self, export: Export) -> WritingProcess: ...

    def file_made(self, export: Export, call: Call, *, rows: int) -> None: ...

    def file_failed(self, export: Export, call: Call, *, rows: int, reason: str) -> None: ...

    def file(self, export_id: str, account: str) -> dict[str, Any] | None: ...

    def open(self, found: dict[str, Any]) -> BinaryIO: ...

    def note_fetched(self, found: dict[str, Any], call: Call) -> None: ...

    def throw_away(self, export_id: str, call: Call | None = None) -> None: ...

    def sweep(self) -> None: ...


class AuditDesk(Protocol):
    """The edge's own audit trail; every method waits, so call it through `Edge.run`."""

    def audit_entries(
        self, where: AuditFilter, call: Call, *, limit: int, cursor: str | None
    ) -> dict[str, Any]: ...

    def audit_anchors(self, call: Call) -> list[dict[str, Any]]: ...


class AccountDesk(Protocol):
    """Accounts and their rights; every method waits, so call it through `Edge.run`."""

    def accounts(self, limit: int, cursor: str | None) -> dict[str, Any]: ...

    def account(self, name: str) -> dict[str, Any]: ...

    def create(self, order: AccountOrder, call: Call) -> dict[str, Any]: ...

    def grant(self, account: str, rights: Sequence[Right], call: Call) -> dict[str, Any]: ...

    def end_right(self, account: str, right_id: str, call: Call) -> dict[str, Any]: ...

    def set_active(self, account: str, is_active: bool, call: Call) -> dict[str, Any]: ...

    def set_password(self, account: str, password: str, call: Call) -> dict[str, Any]: ...

    def note_refusal(self, call: Call, action: str, code: str) -> None: ...


class SignInDesk(Protocol):
    """Signs people in and out; every method waits, so call it through `Edge.run`."""

    def sign_in(self, account: str, password: str, call: Call, entry: Entry) -> SignedIn: ...

    def answer_challenge(self, challenge: str, entry: Entry, call: Call) -> SignedIn: ...

    def renew(self, refresh_token: str, call: Call, proof: Proof) -> SignedIn: ...

    def sign_out(self, family: str, call: Call) -> None: ...

    def sign_out_everywhere(self, call: Call) -> None: ...

    def end_sign_in(self, family: str, call: Call) -> None: ...

    def sign_ins_of(self, account: str) -> list[dict[str, Any]]: ...


class ClientToken(Protocol):
    """What a client gets."""

    @property
    def access_token(self) -> str: ...

    @property
    def expires_in(self) -> int: ...


class ClientDesk(Protocol):
    """Lets services and departments in; every method waits, so call it through `Edge.run`."""

    def sign_in(self, shown: ClientCredential, call: Call) -> ClientToken: ...


class OidcDesk(Protocol):
    """Lets people in by way of an identity provider; every method waits, so call it through `Edge.run`."""

    def send(self, *, return_to: str, redirect_uri: str) -> SentAway: ...

    def come_back(
        self,
        *,
        code: str | None,
        state: str,
        brought: str | None,
        redirect_uri: str,
        call: Call,
    ) -> CameBack: ...

    def enter(self, code: str, brought: str | None, entry: Entry, call: Call) -> SignedIn: ...


class OwnAccountDesk(Protocol):
    """What people do to their own account; every method waits, so call it through `Edge.run`."""

    def change_password(self, current: str, new: str, *, family: str, call: Call) -> None: ...

    def begin_second_factor(self, password: str, call: Call) -> SecondFactor: ...

    def confirm_second_factor(self, code: str, call: Call) -> list[str]: ...

    def remove_second_factor(self, password: str, code: str, call: Call) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """Everything a route may need."""

    settings: Settings
    edge: Edge
    desk: Desk
    going_files: GoingFilesDesk
    accounts: AccountDesk
    audit: AuditDesk
    sign_in: SignInDesk
    own_account: OwnAccountDesk
    clients: ClientDesk
    oidc: OidcDesk
    exports: ExportDesk
    export_turns: ExportTurns
    guard: Guard
    # The same for API keys.
    keys: Guard
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
