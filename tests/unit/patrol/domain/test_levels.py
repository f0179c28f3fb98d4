"""The three levels: who holds a matter, who may pass it on, and that its limits do not notice."""

import pytest

from services.patrol.domain.clocks import begun
from services.patrol.domain.incident import Incident, State
from services.patrol.domain.step_table import after
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.errors import RuleBroken
from tests.builders.actor import a_duty_officer
from tests.builders.counting import counting
from tests.builders.guarded import a_full_order
from tests.builders.incident import NOW, an_incident
from tests.builders.place import outside

COMMUNITY = a_duty_officer("community", "420802001013")
STREET = a_duty_officer("street", "420802001")
DISTRICT = a_duty_officer("district")


def taken(step: str, incident: Incident, actor: Actor) -> Incident:
    return after(step, incident, a_full_order(), actor, counting(), at=NOW)


class TestEscalating:
    def test_goes_up_level_by_level_and_no_further(self) -> None:
        at_street = taken("escalate", an_incident(), COMMUNITY)
        at_district = taken("escalate", at_street, STREET)

        assert (at_street.level, at_district.level) == ("street", "district")
        assert at_district.state is State.REPORTED
        with pytest.raises(RuleBroken, match="no_desk_above"):
            taken("escalate", at_district, DISTRICT)

    def test_leaves_every_limit_as_it_was(self) -> None:
        incident = begun(an_incident(), counting())

        assert taken("escalate", incident, COMMUNITY).clocks == incident.clocks

    @pytest.mark.parametrize("step", ["accept", "cancel", "supervise", "escalate", "hand-down"])
    def test_takes_the_decision_from_the_desk_below(self, step: str) -> None:
        at_street = taken("escalate", an_incident(), COMMUNITY)

        with pytest.raises(RuleBroken, match="held_above"):
            taken(step, at_street, COMMUNITY)
        if step != "hand-down":
            assert taken(step, at_street, STREET).updated_at == NOW
        assert taken(step, at_street, DISTRICT).updated_at == NOW

    def test_leaves_the_desk_below_to_urge(self) -> None:
        urged = taken("urge", an_incident(level="street"), COMMUNITY)

        assert [each.level for each in urged.supervisions] == ["community"]


class TestHandingDown:
    def test_goes_down_again_and_the_desk_there_decides(self) -> None:
        handed_down = taken("hand-down", an_incident(level="street"), STREET)

        assert handed_down.level == "community"
        assert taken("accept", handed_down, COMMUNITY).state is State.ACCEPTED

    def test_needs_a_desk_there(self) -> None:
        nowhere = an_incident(level="district", place=outside())
        whole_tree = a_duty_officer(place_code=WHOLE_TREE)

        with pytest.raises(RuleBroken, match="no_desk_below"):
            taken("hand-down", nowhere, whole_tree)
