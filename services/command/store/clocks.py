"""The clocks of matters, in and out of their table."""

from collections.abc import Iterable
from typing import Any

from pydantic_core import to_jsonable_python

from services.command.domain.matter import Matter
from shared.contracts.incident_clocks import IncidentClock
from shared.kernel.place import AREA_LEVELS
from shared.runtime.outbox import adapter


def rows_of_clocks(matter: Matter, clocks: Iterable[IncidentClock]) -> list[dict[str, Any]]:
    """Return clocks as rows of their table, with the areas the matter lies under."""
    areas = {level: getattr(matter.place, level) for level in AREA_LEVELS}
    codes = {f"{level}_code": area.code if area else None for level, area in areas.items()}
    return [
        {
            "matter_no": matter.matter_no,
            "number": clock.number,
            "clock": to_jsonable_python(clock),
            "kind": clock.kind,
            "due_at": clock.deadline.due_current,
            "runs": clock.runs,
            **codes,
        }
        for clock in clocks
    ]


def clock_of(row: Any) -> IncidentClock:
    """Return the clock that a row holds."""
    found: IncidentClock = adapter(IncidentClock).validate_python(row.clock)
    return found
