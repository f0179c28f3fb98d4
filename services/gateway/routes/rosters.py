"""Who is there for the cells, who is away, what rounds covered, and who is nearest to a place."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Security
from pydantic import AwareDatetime, ConfigDict, FiniteFloat
from starlette.responses import Response

from services.gateway.routes.answers import answered, listed
from services.gateway.routes.backing import Backed
from services.gateway.routes.documents import EVERYWHERE, Page, problems, shown
from services.gateway.routes.doors import API, SignedInDoor
from services.gateway.routes.idempotency import Ordering
from services.gateway.routes.needs import needs
from services.gateway.routes.parameters import Cursor, PageSize, PlaceFilter
from services.gateway.routes.signed_in import SIGN_IN, Asking
from services.gateway.routes.wire import wired
from shared.contracts import rosters
from shared.contracts.rosters import RosterQuestion
from shared.kernel.coordinates import Crs
from shared.kernel.place import Point
from shared.kernel.rights import Permission

router = APIRouter(
    prefix=API,
    route_class=SignedInDoor,
    tags=["patrols"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
_WRITING = problems(403, 413, 415)
_JSON = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceOrder(rosters.AbsenceOrder):
    """Who will not be there, from when until when, and who stands in."""

    # A misspelt field is told, not passed over.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


async def _asked(
    place: PlaceFilter = None,
    since: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> RosterQuestion:
    return RosterQuestion(place=place, since=since, until=until, limit=limit, cursor=cursor)


Asked = Annotated[RosterQuestion, Depends(_asked)]
_QUESTIONS = (
    (
        "/patrols/coverage",
        "coverage",
        "巡查覆盖 · How rounds covered the cells",
        "Return the cells under the caller's place with the rounds that were in them from `from` to `to`, the last "
        "seven days by default, those least visited first; and the share of cells visited and points reached.",
    ),
    (
        "/rosters",
        "rosters",
        "网格在岗 · Who is there for the cells",
        "Return who is there for each cell at `from`, now by default: those responsible for it, less who is on "
        "leave, with who stands in.",
    ),
    (
        "/rosters/gaps",
        "roster_gaps",
        "排班缺口 · Cells without an officer or a leader",
        "Return when cells lack an officer or a leader, by default now and in the coming thirty days.",
    ),
    (
        "/rosters/absences",
        "absences",
        "请假记录 · Who is away",
        "Return the absences under the caller's place, by default now and in the coming thirty days.",
    ),
)


def _asking(door: str) -> Callable[..., Awaitable[Response]]:
    async def ask(backing: Backed, call: Asking, asked: Asked) -> Response:
        return answered(await backing.edge.call("patrol", door, call=call, asked=wired(asked)))

    return ask


for _path, _door, _summary, _description in _QUESTIONS:
    router.add_api_route(
        _path,
        _asking(_door),
        methods=["GET"],
        name=_door,
        summary=_summary,
        description=_description,
        responses=shown(200, Page, "一页 · A page") | problems(404),
        openapi_extra=needs(Permission.PATROL_READ),
    )


@router.post(
    "/rosters/absences",
    status_code=201,
    summary="登记请假与替岗 · Record an absence",
    responses=shown(201, _JSON, "已登记 · Recorded") | _WRITING | problems(404, 409),
    openapi_extra=needs(Permission.PATROL_COMMAND),
)
async def record(backing: Backed, call: Ordering, order: AbsenceOrder) -> Response:
    """Record that an officer will not be there, and who stands in.

    会使网格无人值守或没有网格长的，须指定替岗人员，或注明 `accept_gap`。 · What leaves a cell without an officer or
    a leader takes a replacement, or `accept_gap`.
    """
    kept = await backing.edge.call("patrol", "record_absence", call=call, order=wired(order))
    return answered(kept, 201)


@router.post(
    "/rosters/absences/{absence_id:uuid}/withdraw",
    summary="撤销请假 · Take an absence back",
    responses=shown(200, _JSON, "请假记录 · The absence") | _WRITING | problems(404),
    openapi_extra=needs(Permission.PATROL_COMMAND),
)
async def withdraw(backing: Backed, call: Ordering, absence_id: UUID) -> Response:
    """Say that the officer will be there after all."""
    kept = await backing.edge.call(
        "patrol", "withdraw_absence", call=call, absence_id=str(absence_id)
    )
    return answered(kept)


@router.get(
    "/patrols/nearest",
    summary="就近人员（留痕） · The officers nearest to a point",
    responses=shown(200, Page, "人员与距离（米） · Officers, and how far in metres"),
    openapi_extra=needs(Permission.TRACK_READ),
)
async def nearest(
    backing: Backed,
    call: Asking,
    lon: FiniteFloat,
    lat: FiniteFloat,
    crs: Crs = Crs.WGS84,
    limit: PageSize = 10,
) -> Response:
    """Return who is on a round and not on leave, by how far from the point he was last, and how long ago.

    只给出距离与时间，不给出位置。 · How far and how long ago, not where.
    """
    point = wired(Point(lon=lon, lat=lat, crs=crs))
    found = await backing.edge.call(
        "patrol", "nearest_officers", call=call, point=point, limit=limit
    )
    return answered(listed(found))
