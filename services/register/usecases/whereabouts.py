"""Where a record lies: at a point, or in a house that is on record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from services.register.domain.record import Record
from services.register.domain.refusals import outside_district, wrong_field
from services.register.ports import GridLocator, RecordStore
from shared.kernel.actor import Actor
from shared.kernel.coordinates import to_wgs84
from shared.kernel.place import Place, PlaceStatus, Point
from shared.kernel.rights import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A point (WGS-84 degrees) with the cell it lies in, and the house it was taken from."""

    lon: float
    lat: float
    place: Place
    house_id: str | None = None

    def written(self) -> dict[str, Any]:
        """Return it as JSON, to be sealed."""
        said: dict[str, Any] = _SPOT.dump_python(self, mode="json")
        return said

    @staticmethod
    def read(written: Mapping[str, Any]) -> "Spot":
        """Return what `written` put into JSON."""
        return _SPOT.validate_python(written)


_SPOT = TypeAdapter(Spot)


def spot_at(grid: GridLocator, location: Point | None) -> Spot | None:
    """Return where a point lies, None for none; raises `Invalid` for one outside the district."""
    if location is None:
        return None
    [place] = grid.locate_many([location])
    if place.status is PlaceStatus.OUTSIDE:
        raise outside_district()
    lon, lat = to_wgs84(location.lon, location.lat, location.crs)
    return Spot(lon=float(lon), lat=float(lat), place=place)


def spot_in(store: RecordStore, house_id: str, actor: Actor) -> Spot:
    """Return where a house lies; raises `Invalid` for what is no house the actor may know of."""
    house = store.find(house_id)
    if house is None or not _is_home(house, actor):
        raise wrong_field(
            "house_id",
            "no_such_house",
            "您的辖区之内没有这个编号的在册房屋",
            "there is no house of that id on record under your place",
        )
    return Spot(lon=house.lon, lat=house.lat, place=house.place, house_id=house.record_id)


def _is_home(house: Record, actor: Actor) -> bool:
    reaches = actor.reaches(house.place.codes, Permission.REGISTER_READ)
    return house.kind == "house" and house.is_present and reaches


def raise_unless_one(kind: str, location: Point | None, house_id: str | None) -> None:
    """Raise `Invalid` unless a point is given or, of a person, a house in its place."""
    if house_id is not None and kind != "person":
        raise wrong_field(
            "house_id", "not_of_kind", "只有人可以登记在房屋内", "only a person lives in a house"
        )
    if (location is None) == (house_id is None):
        raise wrong_field(
            "location",
            "one_place",
            "location 与 house_id 须给且只给一个",
            "give either location or house_id",
        )
