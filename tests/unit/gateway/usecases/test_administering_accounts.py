"""The security administrator gives rights and takes them away, and nobody gives himself any."""

from datetime import timedelta
from itertools import permutations

import pytest

from services.gateway.domain.account import Account
from services.gateway.usecases.administer_accounts import AdministerAccounts
from shared.kernel.actor import Actor, Right
from shared.kernel.errors import Invalid, NotFound, RuleBroken
from shared.kernel.rights import ADMINISTRATIONS, Role
from tests.fakes.gateway import (
    FakeAccountRights,
    FakeAccounts,
    FakeClock,
    FakeSignIns,
    FakeTransaction,
)

SECURITY = Actor.of("security", Role.SECURITY_ADMINISTRATOR, place_code="*")


class Desk:
    def __init__(self) -> None:
        self.accounts, self.rights, self.clock = FakeAccounts(), FakeAccountRights(), FakeClock()
        for name in ("li", "security"):
            self.accounts.add(Account(account=name, name=name, password_hash="x"))
        self.administer = AdministerAccounts(
            self.accounts, self.rights, FakeSignIns(), FakeTransaction(), self.clock
        )

    def give(self, *rights: Right, account: str = "li") -> None:
        self.administer.grant(account, rights, by=SECURITY)

    def roles_now(self) -> list[Role]:
        now = self.clock()
        return [held.right.role for held in self.rights.of("li") if held.right.holds_at(now)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestGrant:
    def test_says_who_gave_it_and_when(self, desk: Desk) -> None:
        desk.give(Right(role=Role.MEDIATOR, place_code="420802001"))

        [held] = desk.rights.of("li")
        assert (held.granted_by, held.granted_at) == ("security", desk.clock())

    @pytest.mark.parametrize(("first", "second"), [*permutations(sorted(ADMINISTRATIONS), 2)])
    def test_never_puts_two_administrations_into_one_hand(
        self, desk: Desk, first: Role, second: Role
    ) -> None:
        desk.give(Right(role=first))

        with pytest.raises(RuleBroken, match="administrations_in_one_hand"):
            desk.give(Right(role=second))

    def test_counts_an_administration_that_is_to_come(self, desk: Desk) -> None:
        later = desk.clock() + timedelta(days=9)
        desk.give(Right(role=Role.AUDITOR, valid_from=later))

        with pytest.raises(RuleBroken, match="administrations_in_one_hand"):
            desk.give(Right(role=Role.SYSTEM_ADMINISTRATOR))

    def test_of_another_administration_follows_when_the_first_has_ended(self, desk: Desk) -> None:
        desk.give(Right(role=Role.AUDITOR))
        [held] = desk.rights.of("li")
        desk.administer.end_right("li", held.right_id, by=SECURITY)

        desk.give(Right(role=Role.SYSTEM_ADMINISTRATOR))

        assert desk.roles_now() == [Role.SYSTEM_ADMINISTRATOR]

    def test_to_oneself_is_refused(self, desk: Desk) -> None:
        with pytest.raises(RuleBroken, match="not_your_own"):
            desk.give(Right(role=Role.MEDIATOR), account="security")

    def test_of_a_services_role_or_a_time_that_ends_before_it_begins_names_the_field(
        self, desk: Desk
    ) -> None:
        now = desk.clock()

        with pytest.raises(Invalid) as refusal:
            desk.give(
                Right(role=Role.SERVICE), Right(role=Role.MEDIATOR, valid_from=now, valid_to=now)
            )

        fields = [error.field for error in refusal.value.errors]
        assert fields == ["rights.0.role", "rights.1.valid_to"]
        assert desk.rights.of("li") == []

    def test_to_nobody_is_not_found(self, desk: Desk) -> None:
        with pytest.raises(NotFound, match="no_such_account"):
            desk.give(Right(role=Role.MEDIATOR), account="nobody")


class TestEndRight:
    def test_leaves_it_on_record_and_ends_it_once(self, desk: Desk) -> None:
        desk.give(Right(role=Role.MEDIATOR))
        [held] = desk.rights.of("li")
        ended_at = desk.clock()
        desk.administer.end_right("li", held.right_id, by=SECURITY)
        desk.clock.passes(timedelta(days=1))

        desk.administer.end_right("li", held.right_id, by=SECURITY)

        assert desk.roles_now() == []
        assert desk.rights.of("li")[0].right.valid_to == ended_at

    def test_of_another_account_is_not_found(self, desk: Desk) -> None:
        with pytest.raises(NotFound, match="no_such_right"):
            desk.administer.end_right("li", "none", by=SECURITY)
