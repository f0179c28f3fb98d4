"""Who asks: an account with rights, each a role on a node of the grid tree for a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.kernel.errors import Forbidden
from shared.kernel.rights import PERMISSIONS, Permission, Role, roles_with

# The node of those who look after the whole tree, whatever its district is called.
WHOLE_TREE = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """A role on a node of the grid tree: it reaches what lies under the node, while it is valid.

    Without a node it reaches nothing but what its holder reported himself.
    """

    role: Role
    place_code: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def holds_at(self, moment: datetime) -> bool:
        """Tell whether it is valid; at `valid_to` it no longer is."""
        begun = self.valid_from is None or self.valid_from <= moment
        return begun and (self.valid_to is None or moment < self.valid_to)

    @property
    def travelling(self) -> "Right":
        """Return it as it goes through the services while it is valid."""
        return Right(role=self.role, place_code=self.place_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The caller as every service sees it: the rights that are valid now, and the unit served in."""

    account: str
    rights: tuple[Right, ...] = ()
    unit: str | None = None

    @classmethod
    def of(
        cls, account: str, *roles: Role, place_code: str | None = None, unit: str | None = None
    ) -> "Actor":
        """Return an actor who holds all of some roles at one node."""
        rights = tuple(Right(role=role, place_code=place_code) for role in roles)
        return cls(account=account, rights=rights, unit=unit)

    @property
    def roles(self) -> tuple[Role, ...]:
        """Return the roles held at any node, each once."""
        return tuple(dict.fromkeys(right.role for right in self.rights))

    def may(self, *permissions: Permission) -> bool:
        """Tell whether a right gives any of the permissions, at whatever node.

        His own sign-in is everybody's: whose rights have ended still signs out.
        """
        return Permission.OWN_SIGN_IN in permissions or any(
            not PERMISSIONS[role].isdisjoint(permissions) for role in self.roles
        )

    def need(self, *permissions: Permission) -> None:
        """Let go on whoever has any of the permissions.

        Raises:
            Forbidden: no right of the actor gives one.
        """
        if not self.may(*permissions):
            raise not_permitted(*permissions)

    def places(self, *permissions: Permission) -> tuple[str, ...]:
        """Return the nodes under which the actor may do this; one right for the whole tree is all."""
        codes = {
            right.place_code
            for right in self.rights
            if right.place_code and not PERMISSIONS[right.role].isdisjoint(permissions)
        }
        return (WHOLE_TREE,) if WHOLE_TREE in codes else tuple(sorted(codes))

    def reaches(self, codes: Iterable[str], *permissions: Permission) -> bool:
        """Tell whether the actor may do this to a thing whose areas are *codes*."""
        places = self.places(*permissions)
        return WHOLE_TREE in places or not set(places).isdisjoint(codes)


def not_permitted(*permissions: Permission) -> Forbidden:
    """Return the refusal that says which roles may."""
    roles = ", ".join(roles_with(*permissions)) or "-"
    return Forbidden(
        code="not_permitted",
        zh=f"您的角色无权进行这项操作；可由以下角色进行：{roles}。",
        en=f"Your roles do not permit this; these do: {roles}.",
    )


# What a timer, a relay or the demo does on nobody's behalf.
PLATFORM = Actor(account="platform", rights=(Right(role=Role.SERVICE, place_code=WHOLE_TREE),))
# Whoever could not show who he is.
NOBODY = Actor(account="unknown")
