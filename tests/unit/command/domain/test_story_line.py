"""What a line of a dossier says, in both languages."""

import pytest

from services.command.domain.story_line import LINES, line_of
from services.command.service import INCIDENT_EVENTS
from shared.contracts.incident_steps import IncidentDispatched


class TestLineOf:
    def test_has_words_for_everything_that_command_hears_of_a_matter(self) -> None:
        assert set(LINES) == {contract.event_type for contract in INCIDENT_EVENTS}

    @pytest.mark.parametrize("event_type", LINES)
    def test_needs_nothing_that_an_event_of_yesterday_lacks(self, event_type: str) -> None:
        line = line_of(event_type, {"unit": None})

        assert line["zh"]
        assert line["en"]
        assert "{" not in line["zh"] + line["en"]

    def test_names_the_unit(self) -> None:
        line = line_of(IncidentDispatched.event_type, {"unit": "water"})

        assert line == {"zh": "派遣至 water。", "en": "Dispatched to water."}

    def test_calls_what_it_does_not_know_by_its_name(self) -> None:
        assert line_of("patrol.incident.jumped.v1", {})["en"] == "patrol.incident.jumped.v1"
