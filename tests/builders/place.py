"""Places with good defaults: one cell of a district, and a point that lies in none."""

from shared.kernel.place import NamedArea, Place, PlaceStatus


def a_place(
    cell: str | None = "420802001013001",
    community: str | None = "420802001013",
    street: str | None = "420802001",
    district: str | None = "420802",
) -> Place:
    """Return the place of a point inside the cell of that code."""
    return Place(
        status=PlaceStatus.INSIDE,
        distance_m=0,
        cell=_area(cell),
        community=_area(community),
        street=_area(street),
        district=_area(district),
        boundary_version=1,
    )


def outside() -> Place:
    """Return the place of a point that lies in no cell."""
    return Place(
        status=PlaceStatus.OUTSIDE,
        distance_m=None,
        cell=None,
        community=None,
        street=None,
        district=None,
        boundary_version=1,
    )


def _area(code: str | None) -> NamedArea | None:
    return None if code is None else NamedArea(code=code, name=f"area {code}")
