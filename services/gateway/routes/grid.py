"""The grid: where a point lies, the tree of divisions, cells and who looks after them."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import MaxLen, MinLen
from fastapi import APIRouter, Query, Security
from pydantic import AwareDatetime, ConfigDict, FiniteFloat
from starlette.responses import Response

from services.gateway.routes.answers import answered, tagged_json
from services.gateway.routes.backing import Backed
from services.gateway.routes.documents import EVERYWHERE, Located, problems, shown
from services.gateway.routes.doors import API, BatchDoor, LimitedRequest, SignedInDoor
from services.gateway.routes.idempotency import Ordering
from services.gateway.routes.needs import needs
from services.gateway.routes.parameters import AreaInPath, AtTime, PlaceFilter
from services.gateway.routes.signed_in import SIGN_IN, Asking
from services.gateway.routes.wire import wired, wired_time
from shared.contracts.grid import CellOfficer
from shared.kernel.coordinates import Crs
from shared.kernel.place import Place, Point
from shared.kernel.rights import Permission

router = APIRouter(
    prefix=f"{API}/grid",
    route_class=SignedInDoor,
    tags=["grid"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
batch_router = APIRouter(
    prefix=f"{API}/grid",
    route_class=BatchDoor,
    tags=["grid"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)

MOST_POINTS = 10_000
MOST_OFFICERS = 200
_JSON = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointBatch:
    """Points to look up together, at one time."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    points: Annotated[list[Point], MinLen(1), MaxLen(MOST_POINTS)]
    at: AwareDatetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellOfficers:
    """Everybody responsible for a cell; whoever is not named is responsible no more."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    officers: Annotated[list[CellOfficer], MaxLen(MOST_OFFICERS)]


@router.get(
    "/locate",
    summary="点位所在网格 · The cell of a point",
    responses=shown(200, Place, "所在区域 · Where it lies") | problems(404),
    openapi_extra=needs(Permission.GRID_READ),
)
async def locate(
    backing: Backed,
    call: Asking,
    lon: Annotated[FiniteFloat, Query(description="经度（度） · longitude, degrees")],
    lat: Annotated[FiniteFloat, Query(description="纬度（度） · latitude, degrees")],
    crs: Crs = Crs.WGS84,
    at: AtTime = None,
) -> Response:
    """Return the areas a point lies in; outside the district `status` says so and they are null."""
    point = wired(Point(lon=lon, lat=lat, crs=crs))
    at_text = wired_time(at, "at")
    return answered(await backing.edge.call("grid", "locate", call=call, point=point, at=at_text))


@batch_router.post(
    "/locate",
    summary="批量点位 · The cells of many points",
    responses=shown(200, Located, "依次作答 · In their order") | problems(404, 413, 415),
    openapi_extra=needs(Permission.GRID_READ),
)
async def locate_many(backing: Backed, call: Asking, batch: PointBatch) -> Response:
    """Return the places of up to 10,000 points, in their order."""
    body = wired(batch)
    places = await backing.edge.call(
        "grid", "locate_many", call=call, points=body["points"], at=body["at"]
    )
    return answered({"items": places})


@router.get(
    "/divisions",
    summary="下级区划 · The divisions under one",
    responses=shown(200, _JSON, "区划 · Divisions") | problems(404),
    openapi_extra=needs(Permission.GRID_READ),
)
async def divisions(
    request: LimitedRequest,
    backing: Backed,
    call: Asking,
    parent: PlaceFilter = None,
    at: AtTime = None,
) -> Response:
    """Return the areas right under `parent`; without it, the district. Answers carry an ETag."""
    at_text = wired_time(at, "at")
    found = await backing.edge.call("grid", "divisions", call=call, parent=parent, at=at_text)
    return tagged_json(request, found)


@router.get(
    "/cells/{code}",
    summary="网格详情 · One cell",
    responses=shown(200, _JSON, "网格 · The cell") | problems(404),
    openapi_extra=needs(Permission.GRID_READ),
)
async def cell(
    request: LimitedRequest, backing: Backed, call: Asking, code: AreaInPath, at: AtTime = None
) -> Response:
    """Return a cell with its outline and the people responsible. The answer carries an ETag."""
    at_text = wired_time(at, "at")
    return tagged_json(
        request, await backing.edge.call("grid", "cell", call=call, code=code, at=at_text)
    )


@router.put(
    "/cells/{code}/officers",
    summary="设置网格员 · Say who looks after a cell",
    responses=shown(200, _JSON, "网格 · The cell") | problems(403, 404, 409, 413, 415),
    openapi_extra=needs(Permission.OFFICERS_CHANGE),
)
async def set_officers(
    backing: Backed, call: Ordering, code: AreaInPath, body: CellOfficers
) -> Response:
    """Replace the people responsible for a cell."""
    officers = wired(body)["officers"]
    return answered(
        await backing.edge.call(
            "grid", "set_cell_officers", call=call, code=code, officers=officers
        )
    )
