"""The register of clients in the gateway's database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from deploy.cli import screen
from deploy.cli.cannot_do import CannotDo
from deploy.cli.databases import chosen_settings, reaching
from services.gateway.domain.service_client import ServiceClient, api_key_of
from services.gateway.store.public_keys import read_public_key
from services.gateway.wiring.client_desk import ClientDesk
from services.gateway.wiring.proving import Proving
from shared.kernel.clock import CHINA, china_now
from shared.kernel.errors import Refusal
from shared.kernel.rights import Role
from shared.runtime.call import Call


def add(
    client_id: str,
    *,
    name: str,
    purpose: str,
    place: str,
    public_key: Path | None,
    valid_until: datetime | None,
) -> None:
    """Register a client and show its secret.

    Raises:
        CannotDo: there is such a client, something about it is wrong, or the database is away.
    """
    with _desk() as desk:
        client = ServiceClient(
            client_id=client_id,
            name=name,
            purpose=purpose,
            role=Role.DEPARTMENT_USER,
            place_code=place,
            valid_from=china_now(),
            valid_until=None if valid_until is None else valid_until.replace(tzinfo=CHINA),
            public_key=None if public_key is None else _key(public_key),
        )
        secret = desk.register(client, Call())
    if secret is None:
        screen.show(f"{client_id}: 以私钥签名的断言登录 · signs in by an assertion of its key")
    else:
        screen.show(f"api_key (Open311): {api_key_of(client_id, secret)}")
        screen.show(f"{client_id}: 密钥（只显示这一次） · secret, shown this once: {secret}")


def disable(client_id: str) -> None:
    """Let a client in no more.

    Raises:
        CannotDo: there is no such client, or the database is away.
    """
    with _desk() as desk:
        desk.disable(client_id, Call())
    screen.show(f"{client_id}: 已停用 · disabled")


def show() -> None:
    """Show all clients; raises `CannotDo` when the database is away."""
    with _desk() as desk:
        known = desk.clients()
    table = screen.table("客户端 · clients")
    for heading in ("编号 id", "名称 name", "用途 purpose", "辖区 place", "凭据 by", "状态 state"):
        table.add_column(heading)
    for client in known:
        reason = client.why_not(china_now())
        table.add_row(
            client.client_id,
            client.name,
            client.purpose,
            client.place_code,
            "secret" if client.public_key is None else "key",
            "有效 valid" if reason is None else reason.value,
        )
    screen.show(table)


@contextmanager
def _desk() -> Iterator[ClientDesk]:
    with reaching("gateway") as database:
        try:
            yield ClientDesk(Proving(chosen_settings(), database))
        except Refusal as refusal:
            details = [f"{error.field}: {error.zh} · {error.en}" for error in refusal.errors]
            raise CannotDo(refusal.zh, refusal.en, details) from None


def _key(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotDo(f"无法读取 {file}。", f"Cannot read {file}: {error}") from None
    return read_public_key(text, "public_key")
