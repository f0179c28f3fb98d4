"""Before a report is sent: what others have reported of the same already."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Security
from pydantic import AwareDatetime, FiniteFloat
from starlette.responses import Response

from services.gateway.routes.answers import answered, listed
from services.gateway.routes.backing import Backed
from services.gateway.routes.documents import EVERYWHERE, Page, shown
from services.gateway.routes.doors import API, SignedInDoor
from services.gateway.routes.needs import needs
from services.gateway.routes.signed_in import SIGN_IN, Asking
from services.gateway.routes.wire import wired
from shared.contracts.nearby import MOST_NEARBY, NearbyQuestion
from shared.kernel.coordinates import Crs
from shared.kernel.personal_data import FreeText
from shared.kernel.place import Point
from shared.kernel.rights import Permission

router = APIRouter(
    prefix=f"{API}/incidents/nearby",
    route_class=SignedInDoor,
    tags=["incidents"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)


@router.get(
    "",
    summary="疑似重复 · What may be the same",
    responses=shown(200, Page, "最可能的在前 · The likeliest first"),
    openapi_extra=needs(Permission.INCIDENT_READ),
)
async def nearby(
    backing: Backed,
    call: Asking,
    category: Annotated[str, Query(min_length=1, max_length=64)],
    lon: Annotated[FiniteFloat, Query(description="经度（度） · longitude, degrees")],
    lat: Annotated[FiniteFloat, Query(description="纬度（度） · latitude, degrees")],
    crs: Crs = Crs.WGS84,
    text: Annotated[
        str, Query(max_length=500, description="拟上报的标题或描述 · what would be reported")
    ] = "",
    at: Annotated[
        AwareDatetime | None, Query(description="发现时间，缺省为现在 · when it was seen, or now")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_NEARBY)] = 10,
) -> Response:
    """Return incidents of the category near in space and time, the likeliest first, each with why.

    每条写明距离（米）、间隔（小时）和文字相似度（0–1）。 · Each says its distance (metres), how far apart in
    time (hours), and how alike the words are (0 to 1).
    """
    asked: Any = wired(
        NearbyQuestion(
            category=category,
            location=Point(lon=lon, lat=lat, crs=crs),
            text=FreeText(text),
            at=at,
            limit=limit,
        )
    )
    return answered(
        listed(await backing.edge.call("patrol", "nearby_incidents", call=call, asked=asked))
    )
