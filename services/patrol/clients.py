"""What patrol asks of other services."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import cache

from services.patrol.domain.patrol_round import RoundPlace
from shared.contracts.grid import AssignedCell
from shared.kernel.place import NamedArea, Place, Point
from shared.runtime.gathering import Gathering
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import adapter

MOST_AT_ONCE = 200
CHAINS_AT_ONCE = 1000
# Under load, calls to the grid registry follow each other so closely.
PACE_S = 0.02


class GridClient:
    """The grid registry, asked over the bus; look-ups of several workers at once are one call."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    def locate(self, point: Point) -> Place:
        return _look_ups().ask(point, self.locate_all)

    def chains(self, codes: Collection[str]) -> dict[str, frozenset[str]]:
        """Return for each code that the registry knows those of the areas it lies in, its own among them."""
        known: dict[str, frozenset[str]] = {}
        for some in batched(sorted(codes), CHAINS_AT_ONCE):
            answer = self._neighbours.call("grid", "chains_of", codes=some)
            known |= {code: frozenset(chain) for code, chain in answer.items()}
        return known

    def locate_all(self, points: Sequence[Point]) -> Sequence[Place]:
        answer = self._neighbours.call(
            "grid",
            "locate_many",
            points=adapter(list[Point]).dump_python(list(points), mode="json"),
        )
        places: list[Place] = adapter(list[Place]).validate_python(answer)
        return places


class GridGround:
    """The grid registry as rounds ask it."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    def areas_of(self, code: str) -> RoundPlace:
        chain = self._neighbours.call("grid", "chain_of", code=code)
        return RoundPlace(
            **{area["level"]: NamedArea(code=area["code"], name=area["name"]) for area in chain}
        )

    def cells_of(self, points: Sequence[Point]) -> list[str | None]:
        places = GridClient(self._neighbours).locate_all(points)
        return [None if place.cell is None else place.cell.code for place in places]

    def cells_under(
        self, place: str | None, since: datetime, until: datetime
    ) -> list[AssignedCell]:
        """Return the cells under a place, or all, and who is responsible for them at any time of a span."""
        return self._assignments(since, until, place=place)

    def cells_of_officer(
        self, account: str, since: datetime, until: datetime
    ) -> list[AssignedCell]:
        return self._assignments(since, until, account=account)

    def _assignments(
        self,
        since: datetime,
        until: datetime,
        *,
        place: str | None = None,
        account: str | None = None,
    ) -> list[AssignedCell]:
        answer = self._neighbours.on_own_account.call(
            "grid",
            "assignments",
            since=since.isoformat(),
            until=until.isoformat(),
            place=place,
            account=account,
        )
        cells: list[AssignedCell] = adapter(list[AssignedCell]).validate_python(answer)
        return cells


@cache
def _look_ups() -> Gathering[Point, Place]:
    return Gathering(most=MOST_AT_ONCE, pace_s=PACE_S)


def batched(codes: Sequence[str], size: int) -> Iterator[list[str]]:
    """Yield so many at a time."""
    for first in range(0, len(codes), size):
        yield list(codes[first : first + size])
