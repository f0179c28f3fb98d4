"""A right somebody holds, and who may hold which together."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.kernel.actor import Right
from shared.kernel.errors import RuleBroken
from shared.kernel.rights import ADMINISTRATIONS, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRight:
    """A role on a node of the grid tree, given to an account for a time."""

    right_id: str
    account: str
    right: Right
    granted_at: datetime
    granted_by: str


def check_separation(roles: Iterable[Role]) -> None:
    """See that one person may hold these roles together (GB/T 22239-2019, 8.1.5).

    Raises:
        RuleBroken: they hold two of system, security and audit administration.
    """
    administrations = sorted(ADMINISTRATIONS.intersection(roles))
    if len(administrations) > 1:
        raise RuleBroken(
            code="administrations_in_one_hand",
            zh=f"系统、安全、审计管理员须由不同的人担任：{'、'.join(administrations)}。",
            en="System, security and audit administration must not lie in one hand: "
            f"{', '.join(administrations)}.",
        )
