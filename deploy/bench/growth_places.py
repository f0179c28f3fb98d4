"""The district of the growth benchmark: 12,000 cells in 118 communities of ten streets."""

import random
from functools import cache
from itertools import accumulate

from deploy.demo.divisions import DISTRICT_CODE, DISTRICT_NAME, DIVISIONS
from deploy.demo.names import residential_name, village_name
from shared.kernel.place import NamedArea, Place, PlaceStatus

COMMUNITIES, CELLS = 118, 12_000


@cache
def places() -> tuple[Place, ...]:
    """Return the place of every cell."""
    made = []
    for number in range(CELLS):
        community_number = number * COMMUNITIES // CELLS
        division = DIVISIONS[community_number * len(DIVISIONS) // COMMUNITIES]
        is_town = community_number % 3 == 0
        name = (residential_name if is_town else village_name)(community_number)
        community = f"{division.code}{community_number + 1:03}"
        cell = number - -(-community_number * CELLS // COMMUNITIES) + 1
        made.append(
            Place(
                status=PlaceStatus.INSIDE,
                distance_m=0,
                district=NamedArea(code=DISTRICT_CODE, name=DISTRICT_NAME),
                street=NamedArea(code=division.code, name=division.name),
                community=NamedArea(code=community, name=name),
                cell=NamedArea(code=f"{community}{cell:03}", name=f"{name}第{cell}网格"),
                boundary_version=1,
            )
        )
    return tuple(made)


@cache
def _busyness() -> tuple[float, ...]:
    """Return how often something happens in each cell, summed up: some are ten times as busy."""
    chance = random.Random(2)  # noqa: S311 – the same at every run
    return tuple(accumulate(chance.lognormvariate(0, 0.8) for _ in range(CELLS)))


def some_places(count: int, chance: random.Random) -> list[Place]:
    return chance.choices(places(), cum_weights=_busyness(), k=count)
