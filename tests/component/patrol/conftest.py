"""Fixture strategy: patrol with a grid of eight cells beside it, and another district's incidents."""

from collections.abc import Sequence

import pytest
from sqlalchemy import insert

from services.patrol.domain.incident import Incident, State
from services.patrol.store.rows import row_of
from services.patrol.store.tables import incident_table, step_table
from shared.kernel.ids import new_id
from shared.runtime.database import ServiceDatabase
from tests.builders.incident import NOW, an_incident
from tests.builders.place import a_place
from tests.component.running import Running

NOISE = "110101"


@pytest.fixture
def patrol(running: Running, migrated: None) -> Running:
    """Give patrol's and grid's databases with the rows of others in them; nothing runs yet."""
    make_noise(running.database("patrol"))
    return running


def make_noise(database: ServiceDatabase) -> None:
    """Put incidents of others into the table."""
    enter(database, [_somebody_elses(number, state) for number, state in enumerate(State)])


def enter(database: ServiceDatabase, incidents: Sequence[Incident]) -> None:
    """Put incidents into the table as they are."""
    with database.writing() as connection:
        connection.execute(insert(incident_table), [row_of(incident) for incident in incidents])
        connection.execute(
            insert(step_table),
            [
                {
                    "id": new_id(),
                    "incident_id": incident.incident_id,
                    "step": "accept",
                    "from_state": "reported",
                    "to_state": incident.state,
                    "at": NOW,
                    "by": "other",
                    "note": "",
                    "unit": None,
                    "files": [],
                }
                for incident in incidents
            ],
        )


def _somebody_elses(number: int, state: State) -> Incident:
    return an_incident(
        state,
        incident_id=new_id(),
        matter_no=f"P20261123-9{number:06}",
        reported_by="other",
        place=a_place(
            district=NOISE,
            street=f"{NOISE}001",
            community=f"{NOISE}001001",
            cell=f"{NOISE}001001001",
        ),
    )
