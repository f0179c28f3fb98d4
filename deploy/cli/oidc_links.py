"""The links of accounts to people of the identity provider, in the gateway's database."""

from collections.abc import Iterator
from contextlib import contextmanager

from deploy.cli import screen
from deploy.cli.cannot_do import CannotDo
from deploy.cli.databases import chosen_settings, reaching
from services.gateway.wiring.oidc_desk import OidcDesk
from services.gateway.wiring.proving import Proving
from services.gateway.wiring.sign_in_desk import SignInDesk
from shared.kernel.errors import Refusal
from shared.runtime.call import Call


def allow(account: str) -> None:
    """Let an account enter by the provider.

    Raises:
        CannotDo: there is no such account, no provider is set, or the database is away.
    """
    with _desk() as desk:
        desk.allow(account, Call())
    screen.show(f"{account}: 首次登录时关联 · will be linked by its first entry")


def forbid(account: str) -> None:
    """Let an account enter by the provider no more.

    Raises:
        CannotDo: it could not before, no provider is set, or the database is away.
    """
    with _desk() as desk:
        removed = desk.forbid(account, Call())
    if not removed:
        raise CannotDo(
            f"账号 {account} 没有关联。", f"The account {account} has no link to the provider."
        )
    screen.show(f"{account}: 已解除 · unlinked")


def show() -> None:
    """Show who may enter; raises `CannotDo` when the database is away."""
    with _desk() as desk:
        links = desk.links()
    table = screen.table("统一身份认证 · identity provider")
    for heading in ("账号 account", "发行方 issuer", "主体 subject", "关联时间 linked at"):
        table.add_column(heading)
    for link in links:
        linked_at = link["linked_at"]
        table.add_row(
            link["account"],
            link["issuer"],
            link["subject"] or "–",
            "–" if linked_at is None else f"{linked_at:%Y-%m-%d %H:%M}",
        )
    screen.show(table)


@contextmanager
def _desk() -> Iterator[OidcDesk]:
    with reaching("gateway") as database:
        proving = Proving(chosen_settings(), database)
        try:
            yield OidcDesk(proving, SignInDesk(proving))
        except Refusal as refusal:
            raise CannotDo(refusal.zh, refusal.en) from None
