"""Who asks: which rights, what they permit, and how far they reach."""

from datetime import timedelta

import pytest

from shared.kernel.actor import PLATFORM, WHOLE_TREE, Actor, Right
from shared.kernel.errors import Forbidden
from shared.kernel.rights import ADMINISTRATIONS, PERMISSIONS, Permission, Role, roles_with
from tests.builders.incident import NOW

CODES = ("420802", "420802001", "420802001013", "420802001013001")
READ, COMMAND = Permission.INCIDENT_READ, Permission.INCIDENT_COMMAND


def an_officer(place_code: str | None) -> Actor:
    return Actor.of("somebody", Role.DUTY_OFFICER, place_code=place_code)


class TestActor:
    @pytest.mark.parametrize("place_code", [*CODES, WHOLE_TREE])
    def test_reaches_what_lies_under_his_place(self, place_code: str) -> None:
        assert an_officer(place_code).reaches(CODES, READ)

    @pytest.mark.parametrize(
        "place_code",
        ["420802002", "42080200101", "4208020010130", "", None],
        ids=["the next street", "half a code", "a code and a digit", "nothing", "no place"],
    )
    def test_does_not_reach_what_lies_elsewhere(self, place_code: str | None) -> None:
        assert not an_officer(place_code).reaches(CODES, READ)

    def test_reaches_what_lies_nowhere_only_with_the_whole_tree(self) -> None:
        assert an_officer(WHOLE_TREE).reaches((), READ)
        assert not an_officer("420802").reaches((), READ)

    def test_may_do_at_one_place_what_he_may_not_at_another(self) -> None:
        rights = (
            Right(role=Role.GRID_MEMBER, place_code="420802001"),
            Right(role=Role.DUTY_OFFICER, place_code="420802002"),
        )
        actor = Actor(account="somebody", rights=rights)

        assert actor.places(COMMAND) == ("420802002",)
        assert actor.places(READ) == ("420802001", "420802002")
        assert actor.reaches(("420802", "420802001"), READ)
        assert not actor.reaches(("420802", "420802001"), COMMAND)

    def test_without_a_permission_is_told_which_roles_have_it(self) -> None:
        member = Actor.of("somebody", Role.GRID_MEMBER, place_code=WHOLE_TREE)

        with pytest.raises(Forbidden, match="duty_officer"):
            member.need(COMMAND)
        member.need(COMMAND, READ)

    def test_of_no_rights_may_look_after_his_own_sign_in_and_nothing_else(self) -> None:
        others = [each for each in Permission if each is not Permission.OWN_SIGN_IN]

        assert Actor(account="somebody").may(Permission.OWN_SIGN_IN)
        assert not Actor(account="somebody").may(*others)


class TestRight:
    def test_holds_from_its_beginning_until_before_its_end(self) -> None:
        day = timedelta(days=1)
        right = Right(role=Role.MEDIATOR, valid_from=NOW, valid_to=NOW + day)

        assert [right.holds_at(NOW + days * day) for days in (-1, 0, 1)] == [False, True, False]

    def test_without_ends_holds_always(self) -> None:
        assert Right(role=Role.MEDIATOR).holds_at(NOW)


class TestRoles:
    def test_each_has_permissions_and_each_permission_a_role(self) -> None:
        assert set(PERMISSIONS) == set(Role)
        assert all(PERMISSIONS.values())
        assert all(roles_with(permission) for permission in Permission)

    def test_administrations_share_nothing_but_their_own_sign_in(self) -> None:
        for one in ADMINISTRATIONS:
            for other in ADMINISTRATIONS - {one}:
                assert PERMISSIONS[one] & PERMISSIONS[other] == {Permission.OWN_SIGN_IN}

    def test_no_administrator_may_read_cases(self) -> None:
        for role in ADMINISTRATIONS:
            assert PERMISSIONS[role].isdisjoint({READ, Permission.MATTER_READ, COMMAND})


class TestPlatform:
    def test_may_ask_for_records_and_reads_no_cases(self) -> None:
        assert PLATFORM.may(Permission.SERVICE_RECORDS)
        assert not PLATFORM.may(READ, Permission.MATTER_READ, Permission.BOARD_READ)
