"""Somebody asks which open incidents would change their cell under a draft."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from services.grid.domain.boundary import Boundary
from services.grid.ports import OpenIncidents

MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class ForeseeMoves:
    incidents: OpenIncidents

    def __call__(self, draft: Boundary, *, tolerance_m: float) -> dict[str, Any]:
        """Look every open incident up in the draft and list those whose cell would be another."""
        checked, lost, moved = 0, 0, []
        for page in self.incidents.pages():
            lon = np.array([point.lon for point in page])
            lat = np.array([point.lat for point in page])
            for point, place in zip(
                page, draft.locate_many(lon, lat, tolerance_m=tolerance_m), strict=True
            ):
                checked += 1
                cell = place.cell.code if place.cell else None
                lost += cell is None and point.cell is not None
                if cell != point.cell:
                    moved.append(
                        {
                            "id": point.id,
                            "matter_no": point.matter_no,
                            "from": point.cell,
                            "to": cell,
                        }
                    )
        return {
            "version": draft.version,
            "checked": checked,
            "moved": len(moved),
            "outside": lost,
            "incidents": moved[:MOST_LISTED],
        }
