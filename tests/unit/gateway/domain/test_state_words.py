"""Every state of an incident has its words wherever the edge names states."""

from pathlib import Path

import pytest

from services.gateway.domain.export_columns import STATES
from services.gateway.domain.service_request import NOTES
from services.gateway.routes import start_page
from services.patrol.domain.incident import State

PAGE = (Path(start_page.__file__).parent / "start_page.html").read_text("utf-8")


@pytest.mark.parametrize("state", State)
def test_is_named_to_other_platforms_in_exports_and_on_the_first_page(state: State) -> None:
    assert all(NOTES[state])
    assert STATES[state]
    assert f'{state}: "' in PAGE
