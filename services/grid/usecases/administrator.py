"""Boundaries are for administrators to change."""

from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Forbidden, NotFound


def check_administrator(actor: Actor) -> None:
    """Refuse everybody else.

    Raises:
        Forbidden: the actor does not administer the system.
    """
    if not actor.has(Role.SYSTEM_ADMINISTRATOR):
        raise Forbidden(
            code="administrator_only",
            zh="只有系统管理员可以变更网格边界与网格员。",
            en="Only a system administrator may change boundaries and officers.",
        )


def no_such_version(version: int) -> NotFound:
    return NotFound(
        code="no_such_boundary",
        zh=f"没有边界版本 {version}。",
        en=f"There is no boundary version {version}.",
    )
