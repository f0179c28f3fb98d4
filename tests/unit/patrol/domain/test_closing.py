"""Who may close an incident off, and whom it is then closed to."""

import pytest

from services.patrol.domain.closing import closed_by, may_see
from shared.contracts.patrol import Closing
from shared.kernel.actor import Actor
from shared.kernel.compartment import Compartment
from shared.kernel.errors import Forbidden, RuleBroken
from shared.kernel.rights import Role
from tests.builders.actor import a_citizen, a_duty_officer
from tests.builders.incident import an_incident

UNIT = "accused-bureau"


def of_unit(unit: str | None) -> Actor:
    return Actor.of("li", Role.DUTY_OFFICER, place_code="*", unit=unit)


class TestCompartment:
    def test_keeps_a_unit_out_however_high_the_role(self) -> None:
        closed = Compartment(units=(UNIT,))

        assert [closed.admits(of_unit(unit)) for unit in (UNIT, "another", None)] == [
            False,
            True,
            True,
        ]

    def test_keeps_a_person_out_and_nobody_else(self) -> None:
        closed = Compartment(accounts=("li",))

        assert not closed.admits(of_unit(None))
        assert closed.admits(a_duty_officer())

    def test_lets_only_the_named_in(self) -> None:
        closed = Compartment(only=("li",))

        assert closed.admits(of_unit(None))
        assert not closed.admits(a_duty_officer())

    def test_keeps_out_of_the_accused_unit_whoever_is_named_too(self) -> None:
        assert not Compartment(units=(UNIT,), only=("li",)).admits(of_unit(UNIT))


class TestClosing:
    def test_to_nobody_opens(self) -> None:
        assert closed_by(Closing(), a_duty_officer()) is None

    def test_keeps_out_whom_a_reporter_accuses(self) -> None:
        assert closed_by(Closing(units=[UNIT]), a_citizen()) == Compartment(units=(UNIT,))

    def test_to_all_but_some_takes_a_role_for_it(self) -> None:
        with pytest.raises(Forbidden, match="not_permitted"):
            closed_by(Closing(only=["citizen"]), a_citizen())
        assert closed_by(Closing(only=["desk"]), a_duty_officer()) == Compartment(only=("desk",))

    @pytest.mark.parametrize(
        "closing", [Closing(accounts=["desk"]), Closing(only=["li"])], ids=["named", "left out"]
    )
    def test_to_oneself_is_refused(self, closing: Closing) -> None:
        with pytest.raises(RuleBroken, match="closed_to_yourself"):
            closed_by(closing, a_duty_officer())


class TestMaySee:
    def test_its_reporter_may_unless_it_is_closed_to_him(self) -> None:
        reporter = a_citizen("wang")

        assert may_see(an_incident(reported_by="wang"), reporter)
        closed = an_incident(reported_by="wang", compartment=Compartment(accounts=("wang",)))
        assert not may_see(closed, reporter)

    def test_whoever_reaches_its_place_may(self) -> None:
        assert may_see(an_incident(), a_duty_officer())
        assert not may_see(an_incident(), a_duty_officer(place_code="420899"))
