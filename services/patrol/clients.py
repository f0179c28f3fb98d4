"""What patrol asks of other services."""

from shared.kernel.place import Place, Point
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import adapter


class GridClient:
    """The grid registry, asked over the bus."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    def locate(self, point: Point) -> Place:
        answer = self._neighbours.call(
            "grid", "locate", point=adapter(Point).dump_python(point, mode="json")
        )
        place: Place = adapter(Place).validate_python(answer)
        return place
