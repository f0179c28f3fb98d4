"""Early warning: the alerts that stand, what decides on one, and how often they were right."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Security
from pydantic import AwareDatetime, ConfigDict
from starlette.responses import Response

from services.gateway.routes.answers import answered, listed
from services.gateway.routes.backing import Backed
from services.gateway.routes.documents import EVERYWHERE, Page, problems, shown
from services.gateway.routes.doors import API, SignedInDoor
from services.gateway.routes.idempotency import Ordering
from services.gateway.routes.needs import needs
from services.gateway.routes.parameters import Cursor, PageSize, PlaceFilter, Word
from services.gateway.routes.signed_in import SIGN_IN, Asking
from services.gateway.routes.wire import wired
from shared.contracts import command
from shared.contracts.command import AlertFilter
from shared.kernel.rights import Permission

router = APIRouter(
    prefix=f"{API}/command/alerts",
    route_class=SignedInDoor,
    tags=["command"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
_ALERT = dict[str, Any]
_DECISIONS = {
    "confirm": ("确认预警 · Confirm an alert", "Say that there is something to it."),
    "dismiss": (
        "排除预警（须写明理由） · Dismiss an alert",
        "Say that there is nothing to it, and why.",
    ),
    "hand-over": (
        "移交预警 · Hand an alert over",
        "Give it to another desk of its place, to an account, or to both.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertOrder(command.AlertOrder):
    """What decides on an alert; to confirm it may be left out altogether."""

    # A misspelt field is told, not passed over.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


async def _asked(
    place: PlaceFilter = None,
    kind: Annotated[list[str] | None, Query(max_length=20)] = None,
    state: Annotated[list[str] | None, Query(max_length=20)] = None,
    category: Word = None,
    owner: Annotated[
        str | None,
        Query(
            min_length=1, max_length=64, description="承办指挥台的区划代码 · the desk's area code"
        ),
    ] = None,
    raised_from: AwareDatetime | None = None,
    raised_to: AwareDatetime | None = None,
) -> AlertFilter:
    return AlertFilter(
        place=place,
        kind=kind or [],
        state=state or [],
        category=category,
        owner=owner,
        raised_from=raised_from,
        raised_to=raised_to,
    )


Asked = Annotated[AlertFilter, Depends(_asked)]


@router.get(
    "",
    summary="预警列表 · Alerts",
    responses=shown(200, Page, "一页 · A page"),
    openapi_extra=needs(Permission.ALERT_READ),
)
async def alerts(
    backing: Backed, call: Asking, where: Asked, limit: PageSize = 50, cursor: Cursor = None
) -> Response:
    """Return the alerts that lie under the caller's place, newest first, each with its evidence."""
    page = await backing.edge.call(
        "command", "alerts", call=call, where=wired(where), limit=limit, cursor=cursor
    )
    return answered(page)


@router.get(
    "/precision",
    summary="预警准确率 · How often alerts were right",
    responses=shown(200, Page, "各类预警 · By kind"),
    openapi_extra=needs(Permission.ALERT_READ),
)
async def precision(backing: Backed, call: Asking, where: Asked) -> Response:
    """Return for each kind how many alerts were confirmed of those decided on; null where none was."""
    found = await backing.edge.call("command", "alert_precision", call=call, where=wired(where))
    return answered(listed(found))


@router.get(
    "/{alert_id:uuid}",
    summary="预警详情 · One alert",
    responses=shown(200, _ALERT, "预警 · The alert") | problems(404),
    openapi_extra=needs(Permission.ALERT_READ),
)
async def alert(backing: Backed, call: Asking, alert_id: UUID) -> Response:
    """Return one alert: cells, matters, period and figures that show it, its owner and its state."""
    found = await backing.edge.call("command", "alert", call=call, alert_id=str(alert_id))
    return answered(found)


def _deciding(decision: str) -> Callable[..., Awaitable[Response]]:
    async def decide(
        backing: Backed, call: Ordering, alert_id: UUID, order: AlertOrder | None = None
    ) -> Response:
        decided = await backing.edge.call(
            "command",
            "decide_alert",
            call=call,
            alert_id=str(alert_id),
            decision=decision,
            order=wired(order or AlertOrder()),
        )
        return answered(decided)

    return decide


for _decision, (_summary, _said) in _DECISIONS.items():
    router.add_api_route(
        f"/{{alert_id:uuid}}/{_decision}",
        _deciding(_decision),
        methods=["POST"],
        name=f"{_decision.replace('-', '_')}_alert",
        summary=_summary,
        description=_said,
        responses=shown(200, _ALERT, "预警 · The alert") | problems(403, 404, 409, 413, 415),
        openapi_extra=needs(Permission.ALERT_DECIDE),
    )
