"""What the grid registry asks of other services."""

from collections.abc import Iterator

from pydantic import TypeAdapter

from shared.contracts.grid import CellPoint
from shared.runtime.neighbours import Neighbours

PAGE = 5000
_POINTS = TypeAdapter(list[CellPoint])


class PatrolClient:
    """Patrol's open incidents, asked over the bus."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    def pages(self) -> Iterator[list[CellPoint]]:
        """Yield every open incident once, in pages."""
        after = ""
        while True:
            answer = self._neighbours.call(
                "patrol", "open_incident_points", after=after, limit=PAGE
            )
            page = _POINTS.validate_python(answer)
            if not page:
                return
            yield page
            after = page[-1].id
