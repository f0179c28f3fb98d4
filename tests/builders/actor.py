"""People who ask: each with one role, at the district unless told otherwise."""

from shared.kernel.actor import Actor, Role

DISTRICT = "420802"


def a_duty_officer(account: str = "desk", place_code: str | None = DISTRICT) -> Actor:
    return Actor(account=account, roles=(Role.DUTY_OFFICER,), place_code=place_code)


def a_grid_member(account: str = "member", place_code: str | None = DISTRICT) -> Actor:
    return Actor(account=account, roles=(Role.GRID_MEMBER,), place_code=place_code)


def a_citizen(account: str = "citizen") -> Actor:
    """Return somebody without a role or a place."""
    return Actor(account=account)
