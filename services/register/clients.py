"""What the register asks of other services."""

from collections.abc import Sequence

from shared.kernel.place import Place, Point
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import adapter


class GridClient:
    """The grid registry, asked over the bus."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    def locate_many(self, points: Sequence[Point]) -> Sequence[Place]:
        """Return the place of each point; raises what the registry refuses, or `Unavailable`."""
        asked = adapter(list[Point]).dump_python(list(points), mode="json")
        answer = self._neighbours.call("grid", "locate_many", points=asked)
        places: list[Place] = adapter(list[Place]).validate_python(answer)
        return places
