"""Rounds of patrol: planned, walked, followed; and the alarms about those nobody heard of."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Security
from pydantic import AwareDatetime, ConfigDict
from starlette.responses import Response

from services.gateway.routes.answers import answered
from services.gateway.routes.backing import Backed
from services.gateway.routes.documents import EVERYWHERE, Page, problems, shown
from services.gateway.routes.doors import API, SignedInDoor
from services.gateway.routes.idempotency import Ordering
from services.gateway.routes.needs import needs
from services.gateway.routes.parameters import Cursor, PageSize, PlaceFilter, Word
from services.gateway.routes.signed_in import SIGN_IN, Asking
from services.gateway.routes.wire import wired
from shared.contracts import patrol_rounds
from shared.contracts.patrol_rounds import AlarmFilter, RoundFilter
from shared.kernel.rights import Permission

router = APIRouter(
    prefix=f"{API}/patrols",
    route_class=SignedInDoor,
    tags=["patrols"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
_WRITING = problems(403, 413, 415)
_JSON = dict[str, Any]
# A misspelt field is told, not passed over.
_STRICT = ConfigDict(extra="forbid")
_COMMANDS = needs(Permission.PATROL_COMMAND, Permission.PATROL_WALK)
_WALKS = needs(Permission.PATROL_WALK)
_SEES = needs(Permission.PATROL_READ, Permission.PATROL_WALK)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPlan(patrol_rounds.RoundPlan):
    """A round to be walked: where, by whom, when, and what it has to reach."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundMark(patrol_rounds.RoundMark):
    """When it was by the phone's clock, and what that clock says now; it may be left out altogether."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundCancellation(patrol_rounds.RoundCancellation):
    """Why a round will not be walked."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackBatch(patrol_rounds.TrackBatch):
    """Points of a track, in any order, known ones among them."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn(patrol_rounds.CheckIn):
    """Somebody is at a place."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackQuestion(patrol_rounds.TrackQuestion):
    """Why a track is asked for, and whose."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmOrder(patrol_rounds.AlarmOrder):
    """What somebody says as he takes an alarm upon himself; it may be left out altogether."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT


async def _wanted(
    place: PlaceFilter = None,
    state: Annotated[list[str] | None, Query(max_length=20)] = None,
    kind: Word = None,
    officer: Word = None,
    planned_from: AwareDatetime | None = None,
    planned_to: AwareDatetime | None = None,
) -> RoundFilter:
    return RoundFilter(
        place=place,
        state=state or [],
        kind=kind,
        officer=officer,
        planned_from=planned_from,
        planned_to=planned_to,
    )


@router.post(
    "",
    status_code=201,
    summary="安排巡查 · Plan a round",
    responses=shown(201, _JSON, "已安排 · Planned") | _WRITING | problems(404),
    openapi_extra=_COMMANDS,
)
async def plan(backing: Backed, call: Ordering, plan: RoundPlan) -> Response:
    """Plan a round; a grid member plans routine rounds for himself.

    点位可另定半径；不定则城区、乡村各按设定。 · A required point without a radius has that of town or country.
    """
    planned = await backing.edge.call("patrol", "plan_round", call=call, plan=wired(plan))
    return answered(planned, 201)


@router.get(
    "",
    summary="巡查列表 · List rounds",
    responses=shown(200, Page, "一页 · A page"),
    openapi_extra=_SEES,
)
async def rounds(
    backing: Backed,
    call: Asking,
    where: Annotated[RoundFilter, Depends(_wanted)],
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> Response:
    """Return the rounds under the caller's place and his own, newest first."""
    page = await backing.edge.call(
        "patrol", "rounds", call=call, where=wired(where), limit=limit, cursor=cursor
    )
    return answered(page)


@router.get(
    "/alarms",
    summary="巡查告警 · Alarms of rounds",
    responses=shown(200, Page, "一页 · A page"),
    openapi_extra=needs(Permission.PATROL_READ),
)
async def alarms(
    backing: Backed,
    call: Asking,
    place: PlaceFilter = None,
    open: Annotated[bool, Query(description="只列未认领 · only those nobody has taken")] = False,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> Response:
    """Return who did not check in, or walks alone and was not heard of, newest first."""
    where = AlarmFilter(place=place, open_only=open)
    page = await backing.edge.call(
        "patrol", "patrol_alarms", call=call, where=wired(where), limit=limit, cursor=cursor
    )
    return answered(page)


@router.post(
    "/alarms/{alarm_id:uuid}/acknowledge",
    summary="认领告警 · Take an alarm upon oneself",
    responses=shown(200, _JSON, "告警 · The alarm") | _WRITING | problems(404),
    openapi_extra=needs(Permission.PATROL_COMMAND),
)
async def acknowledge(
    backing: Backed, call: Ordering, alarm_id: UUID, order: AlarmOrder | None = None
) -> Response:
    """Say who sees to it; the first stays."""
    found = await backing.edge.call(
        "patrol",
        "acknowledge_alarm",
        call=call,
        alarm_id=str(alarm_id),
        order=wired(order or AlarmOrder()),
    )
    return answered(found)


@router.get(
    "/{round_id:uuid}",
    summary="巡查详情 · One round",
    responses=shown(200, _JSON, "巡查 · The round") | problems(404),
    openapi_extra=_SEES,
)
async def one(backing: Backed, call: Asking, round_id: UUID) -> Response:
    """Return a round with its check-ins; where its walkers were is asked for with a reason."""
    found = await backing.edge.call("patrol", "round", call=call, round_id=str(round_id))
    return answered(found)


def _marking(door: str) -> Callable[..., Awaitable[Response]]:
    async def mark(
        backing: Backed, call: Ordering, round_id: UUID, mark: RoundMark | None = None
    ) -> Response:
        marked = await backing.edge.call(
            "patrol",
            door,
            call=call,
            round_id=str(round_id),
            mark=wired(mark or RoundMark()),
        )
        return answered(marked)

    return mark


for _step, _summary, _needs in (
    ("start", "开始巡查 · Begin a round", _WALKS),
    ("finish", "结束巡查 · End a round", _COMMANDS),
):
    router.add_api_route(
        f"/{{round_id:uuid}}/{_step}",
        _marking(f"{_step}_round"),
        methods=["POST"],
        name=f"{_step}_round",
        summary=_summary,
        description=(
            "手机无信号时可补报：`at` 为当时手机时间，`sent_at` 为发送时手机时间，每次重试都要重写。 · "
            "A phone without signal tells later: `at` by its clock then, `sent_at` by its clock now, anew at each try."
        ),
        responses=shown(200, _JSON, "巡查 · The round") | _WRITING | problems(404, 409),
        openapi_extra=_needs,
    )


@router.post(
    "/{round_id:uuid}/cancel",
    summary="取消巡查 · Cancel a round",
    responses=shown(200, _JSON, "巡查 · The round") | _WRITING | problems(404, 409),
    openapi_extra=_COMMANDS,
)
async def cancel(
    backing: Backed, call: Ordering, round_id: UUID, order: RoundCancellation
) -> Response:
    """Cancel a round that was not begun."""
    cancelled = await backing.edge.call(
        "patrol", "cancel_round", call=call, round_id=str(round_id), order=wired(order)
    )
    return answered(cancelled)


@router.post(
    "/{round_id:uuid}/track",
    summary="上传轨迹 · Send points of a track",
    responses=shown(200, _JSON, "收到多少 · How many were new, known, outside")
    | _WRITING
    | problems(404, 409),
    openapi_extra=_WALKS,
)
async def track(backing: Backed, call: Ordering, round_id: UUID, batch: TrackBatch) -> Response:
    """Keep up to 1,000 points of one's own track, in any order; those sent before are known by their number.

    手机时钟不准时按 `sent_at` 校正，两种时间都保留；巡查时段之外的点不予保存。 · By `sent_at` a wrong clock is put
    right, and both times are kept; points outside the round are not.
    """
    kept = await backing.edge.call(
        "patrol", "take_track", call=call, round_id=str(round_id), batch=wired(batch)
    )
    return answered(kept)


@router.post(
    "/{round_id:uuid}/track/personal",
    summary="查看轨迹（须说明理由，留痕） · The tracks of a round",
    responses=shown(200, _JSON, "轨迹 · The tracks") | _WRITING | problems(404, 409),
    openapi_extra=needs(Permission.TRACK_READ, Permission.PATROL_WALK),
)
async def tracks(backing: Backed, call: Asking, round_id: UUID, asked: TrackQuestion) -> Response:
    """Return where the walkers were, to a desk of the place, or one's own track.

    谁为何查看，记入审计链。 · Who saw it and why stays in the audit trail.
    """
    found = await backing.edge.call(
        "patrol", "round_track", call=call, round_id=str(round_id), asked=wired(asked)
    )
    return answered(found)


@router.post(
    "/{round_id:uuid}/checkins",
    status_code=201,
    summary="签到 · Check in",
    responses=shown(201, _JSON, "是否有效及原因 · Whether it counts, and why not")
    | _WRITING
    | problems(404, 409),
    openapi_extra=_WALKS,
)
async def check_in(backing: Backed, call: Ordering, round_id: UUID, given: CheckIn) -> Response:
    """Check in at a required point, or anywhere as a sign of life; one of a known `key` is answered as before."""
    made = await backing.edge.call(
        "patrol", "check_in", call=call, round_id=str(round_id), given=wired(given)
    )
    return answered(made, 201)
