"""Indicators of the command platform, reports of the plan's mechanisms, and the rows behind each figure."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Path, Query, Security
from pydantic import AwareDatetime
from starlette.responses import Response

from services.gateway.routes.answers import answered
from services.gateway.routes.backing import Backed
from services.gateway.routes.documents import EVERYWHERE, Page, problems, shown
from services.gateway.routes.doors import API, SignedInDoor
from services.gateway.routes.needs import needs
from services.gateway.routes.parameters import Cursor, PageSize, PlaceFilter
from services.gateway.routes.signed_in import SIGN_IN, Asking
from services.gateway.routes.wire import wired
from shared.contracts.command import FigureFilter
from shared.kernel.rights import Permission

router = APIRouter(
    prefix=f"{API}/command",
    route_class=SignedInDoor,
    tags=["command"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
_JSON = dict[str, Any]
Part = Literal["numerator", "denominator", "excluded"]
_PARTS: tuple[Part, ...] = ("numerator", "denominator", "excluded")
PeriodAsked = Annotated[
    str,
    Query(
        max_length=40,
        description="2026, 2026-Q4, 2026-11, 2026-11-23, month, quarter, year, today, 30d, 2026-11-01..2026-11-23",
    ),
]


@router.get(
    "/indicators",
    summary="指标 · Indicators",
    responses=shown(200, _JSON, "各项指标 · The indicators") | problems(404),
    openapi_extra=needs(Permission.BOARD_READ),
)
async def indicators(
    backing: Backed, call: Asking, place: PlaceFilter = None, period: PeriodAsked = "month"
) -> Response:
    """Return the indicators of a place and of each area under it; without `place`, of one's own.

    每项均有分子、分母、数值、含义与目标，`rows` 为其背后案件的地址；`before` 为上一时段。 · Each with numerator,
    denominator, value, meaning and target; `rows` are the addresses of the matters behind it; `before` is the period
    before. What is due after `until` is not counted yet.
    """
    found = await backing.edge.call("command", "indicators", call=call, place=place, period=period)
    return answered(_linked(found))


@router.get(
    "/reports/{mechanism}",
    summary="机制报告 · Report of a mechanism",
    responses=shown(200, _JSON, "该项机制的指标 · Its figures") | problems(404),
    openapi_extra=needs(Permission.BOARD_READ),
)
async def report(
    backing: Backed,
    call: Asking,
    mechanism: Annotated[
        str,
        Path(
            max_length=40,
            description="第 8 项 · item 8: coordination, joint_enforcement, self_government, public_participation, "
            "social_supervision; 第 14 项 · item 14: appeals, detection_and_warning, settlement, emergency, public_safety",
        ),
    ],
    place: PlaceFilter = None,
    period: PeriodAsked = "quarter",
) -> Response:
    """Return the figures of one of the plan's mechanisms (items 8 and 14), each with its rows.

    `lacks` 说明哪些内容尚无数据；`alerts` 为本期预警及其处理。 · `lacks` says what has no data yet; `alerts` are those
    raised in the period and what was decided, for those who may read alerts.
    """
    found = await backing.edge.call(
        "command", "mechanism_report", call=call, mechanism=mechanism, place=place, period=period
    )
    return answered(_linked(found))


@router.get(
    "/figures/{figure}/rows",
    summary="指标背后的案件 · The rows behind a figure",
    responses=shown(200, Page, "一页 · A page") | problems(404),
    openapi_extra=needs(Permission.MATTER_READ),
)
async def rows(
    backing: Backed,
    call: Asking,
    figure: Annotated[str, Path(max_length=40)],
    since: Annotated[AwareDatetime, Query(description="自此（含） · from then on")],
    until: Annotated[AwareDatetime, Query(description="至此（不含） · before then")],
    part: Annotated[
        Part, Query(description="分子、分母，或另列的已注销案件 · or the cancelled, apart")
    ] = "denominator",
    place: PlaceFilter = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> Response:
    """Return the matters that count in a figure, by the date they are counted by; as many as the figure says."""
    where = FigureFilter(part=part, since=since, until=until, place=place)
    page = await backing.edge.call(
        "command",
        "figure_rows",
        call=call,
        figure=figure,
        where=wired(where),
        limit=limit,
        cursor=cursor,
    )
    return answered(page)


def _linked(found: _JSON) -> _JSON:
    """Return the answer with the addresses of the rows behind each figure."""
    for name, figure, place, period in _figures(found):
        has_none = figure["denominator"] is None
        parts = [part for part in _PARTS if part != "denominator" or not has_none]
        figure["rows"] = {part: _address(name, part, place, period) for part in parts}
    return found


def _figures(found: _JSON) -> Iterator[tuple[str, _JSON, str, _JSON]]:
    place, period = found["place"]["code"], found["period"]
    for indicator in found["indicators"]:
        yield indicator["name"], indicator, place, period
        yield indicator["name"], indicator["before"], place, found["before"]
    for child in found["children"]:
        for name, figure in child["figures"].items():
            yield name, figure, child["code"], period


def _address(name: str, part: str, place: str, period: _JSON) -> str:
    asked = {"part": part, "place": place, "since": period["since"], "until": period["until"]}
    return f"{API}/command/figures/{quote(name)}/rows?{urlencode(asked)}"
