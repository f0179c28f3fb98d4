"""The cells of a boundary that lie under a division, each with what lies above it."""

from collections.abc import Iterator

from services.grid.domain.area import Level
from services.grid.domain.boundary import Boundary, BoundaryArea


def cells_under(
    boundary: Boundary, place: str | None
) -> Iterator[tuple[BoundaryArea, dict[str, str]]]:
    """Yield each cell under *place*, or all, with the codes of the areas it lies in by their level."""
    areas = {area.code: area for area in boundary.areas}
    for area in boundary.areas:
        if area.level is not Level.CELL:
            continue
        chain = _chain(areas, area)
        if place is None or place in chain.values():
            yield area, chain


def _chain(areas: dict[str, BoundaryArea], cell: BoundaryArea) -> dict[str, str]:
    chain, above = {}, areas.get(cell.code)
    while above is not None:
        chain[above.level.value] = above.code
        above = None if above.parent_code is None else areas.get(above.parent_code)
    return chain
