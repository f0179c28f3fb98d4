"""People who ask: each with one role, at the district unless told otherwise."""

from shared.kernel.actor import Actor
from shared.kernel.rights import Role

DISTRICT = "420802"


def a_duty_officer(account: str = "desk", place_code: str | None = DISTRICT) -> Actor:
    return Actor.of(account, Role.DUTY_OFFICER, place_code=place_code)


def a_grid_member(account: str = "member", place_code: str | None = DISTRICT) -> Actor:
    return Actor.of(account, Role.GRID_MEMBER, place_code=place_code)


def a_department_user(account: str = "li", *, unit: str) -> Actor:
    """Return somebody of a department of the district."""
    return Actor.of(account, Role.DEPARTMENT_USER, place_code=DISTRICT, unit=unit)


def a_citizen(account: str = "citizen") -> Actor:
    """Return somebody who may report; he reaches no place, and sees nothing but what he reported."""
    return Actor.of(account, Role.BLACKLIST_CLERK)
