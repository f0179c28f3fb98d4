"""Which incidents a list or an export holds, as one asks for them in the address."""

from typing import Annotated, Literal

from fastapi import Depends, Query
from pydantic import AwareDatetime

from services.gateway.routes.parameters import PlaceFilter, Word
from shared.contracts.patrol import IncidentFilter


async def _wanted(
    place: PlaceFilter = None,
    state: Annotated[list[str] | None, Query(max_length=20)] = None,
    category: Word = None,
    severity: Word = None,
    source: Word = None,
    level: Annotated[
        Literal["community", "street", "district"] | None,
        Query(description="现由哪一级指挥中心掌握 · at which level's desk it is now"),
    ] = None,
    reported_from: AwareDatetime | None = None,
    reported_to: AwareDatetime | None = None,
    open: Annotated[bool, Query(description="只列未结 · only those not closed")] = False,
) -> IncidentFilter:
    return IncidentFilter(
        place=place,
        state=state or [],
        category=category,
        severity=severity,
        source=source,
        level=level,
        reported_from=reported_from,
        reported_to=reported_to,
        open_only=open,
    )


Wanted = Annotated[IncidentFilter, Depends(_wanted)]
