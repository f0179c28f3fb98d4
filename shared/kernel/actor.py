"""Who asks: an account with roles at a place of the grid tree."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The roles of the platform (rules §11, separation of administrators included)."""

    DUTY_OFFICER = "duty_officer"
    GRID_MEMBER = "grid_member"
    MEDIATOR = "mediator"
    PETITION_CLERK = "petition_clerk"
    BLACKLIST_CLERK = "blacklist_clerk"
    ENFORCEMENT_OFFICER = "enforcement_officer"
    JUSTICE_SUPERVISOR = "justice_supervisor"
    DEPARTMENT_USER = "department_user"
    AUDITOR = "auditor"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    SECURITY_ADMINISTRATOR = "security_administrator"


# The place of those who look after the whole tree, whatever its district is called.
WHOLE_TREE = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The caller as every service sees it; `place_code` is the area the roles reach under."""

    account: str
    roles: tuple[Role, ...] = ()
    place_code: str | None = None

    def has(self, *roles: Role) -> bool:
        return any(role in self.roles for role in roles)

    def reaches(self, codes: tuple[str, ...]) -> bool:
        """Tell whether a thing whose areas are *codes* lies under this actor's place."""
        return self.place_code == WHOLE_TREE or self.place_code in codes


# What a timer, a relay or the demo does on nobody's behalf.
PLATFORM = Actor(account="platform", place_code=WHOLE_TREE)
