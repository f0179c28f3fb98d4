"""Somebody is about to report an incident, and is shown what others reported of the same already."""

from dataclasses import dataclass

from services.patrol.domain.duplicates import Nearness, Reach, Told, nearness
from services.patrol.ports.incidents import NearbyStore, ReportedNear
from shared.contracts.nearby import NearbyQuestion
from shared.kernel.clock import Clock
from shared.kernel.coordinates import to_wgs84
from shared.kernel.instants import instant_of
from shared.kernel.personal_data import plain


@dataclass(frozen=True, slots=True)
class SuggestDuplicates:
    store: NearbyStore
    near: Reach
    clock: Clock

    def __call__(self, asked: NearbyQuestion) -> list[tuple[ReportedNear, Nearness]]:
        """Return what may be the same, the likeliest first, each with why.

        Raises:
            Invalid: the point is none on the earth, or the time has no offset or lies beyond the calendar.
        """
        lon, lat = to_wgs84(asked.location.lon, asked.location.lat, asked.location.crs)
        at = asked.at or self.clock()
        new = Told(lon=float(lon), lat=float(lat), at=at, text=plain(asked.text))
        first = instant_of(at, "at", off=-self.near.span)
        end = instant_of(at, "at", off=self.near.span)
        box = self.near.box(new.lon, new.lat)
        reported = self.store.reported_near(asked.category, box, first, end)
        reasons = [(each, nearness(new, _told(each), self.near)) for each in reported]
        found = [(each, why) for each, why in reasons if why is not None]
        return sorted(found, key=lambda one: -one[1].score)[: asked.limit]


def _told(known: ReportedNear) -> Told:
    text = f"{known.title} {known.description}"
    return Told(lon=known.lon, lat=known.lat, at=known.reported_at, text=text)
