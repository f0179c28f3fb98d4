"""Who asks: which roles, and how far a place reaches."""

import pytest

from shared.kernel.actor import PLATFORM, WHOLE_TREE, Actor
from shared.kernel.rights import Role

CODES = ("420802", "420802001", "420802001013", "420802001013001")


def an_actor(place_code: str | None, *roles: Role) -> Actor:
    return Actor.of("somebody", *roles, place_code=place_code)


class TestActor:
    @pytest.mark.parametrize("place_code", [*CODES, WHOLE_TREE])
    def test_reaches_what_lies_under_his_place(self, place_code: str) -> None:
        assert an_actor(place_code).reaches(CODES)

    @pytest.mark.parametrize(
        "place_code",
        ["420802002", "42080200101", "4208020010130", "", None],
        ids=["the next street", "half a code", "a code and a digit", "nothing", "no place"],
    )
    def test_does_not_reach_what_lies_elsewhere(self, place_code: str | None) -> None:
        assert not an_actor(place_code).reaches(CODES)

    def test_reaches_what_lies_nowhere_only_with_the_whole_tree(self) -> None:
        assert an_actor(WHOLE_TREE).reaches(())
        assert not an_actor("420802").reaches(())

    def test_has_a_role_when_it_is_one_of_several(self) -> None:
        actor = an_actor(None, Role.GRID_MEMBER, Role.MEDIATOR)

        assert actor.has(Role.DUTY_OFFICER, Role.MEDIATOR)
        assert not actor.has(Role.DUTY_OFFICER)
        assert not actor.has()


class TestPlatform:
    def test_looks_after_the_whole_tree_in_no_role(self) -> None:
        assert PLATFORM.reaches(CODES)
        assert not PLATFORM.has(*Role)
