"""Open311 GeoReport v2: service requests in, and how they stand out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import AwareDatetime
from starlette.responses import Response

from services.gateway.domain.service_request import request_of
from services.gateway.routes.backing import Backed, Backing
from services.gateway.routes.doors import LimitedRequest
from services.gateway.routes.idempotency import IdempotencyKey, command_call
from services.gateway.routes.language import preferred_language
from services.gateway.routes.needs import needs
from services.gateway.routes.open311 import (
    TAG,
    V2,
    ApiKey,
    Jurisdiction,
    check_jurisdiction,
    check_service,
    public_categories,
)
from services.gateway.routes.open311_door import Open311Door
from services.gateway.routes.open311_forms import FORMS, refusals_in, told, told_in
from services.gateway.routes.open311_report import Reported
from services.gateway.routes.problems import no_such_thing, wrong_field
from services.gateway.routes.signed_in import Asking, SignedInBearer
from services.gateway.routes.wire import wired, wired_time
from shared.contracts.patrol import MOST_SKIPPED, ServiceRequestFilter
from shared.kernel.clock import china_now
from shared.kernel.rights import Permission
from shared.runtime.call import Call

router = APIRouter(prefix=V2, route_class=Open311Door, tags=[TAG])

# "Limited to a span of 90 days" (GeoReport v2, GET service requests).
SPAN = timedelta(days=90)
MOST_PER_PAGE = 200
_STATUSES: dict[frozenset[str], bool | None] = {
    frozenset(): None,
    frozenset({"open"}): True,
    frozenset({"closed"}): False,
    frozenset({"open", "closed"}): None,
}
Listed = Annotated[str | None, Query(max_length=4000, description="可用逗号分隔 · commas between")]
RequestId = Annotated[str, Path(max_length=24, description="事项编号 · the matter number")]


async def _wanted(
    service_request_id: Listed = None,
    service_code: Listed = None,
    start_date: AwareDatetime | None = None,
    end_date: AwareDatetime | None = None,
    status: Annotated[str | None, Query(max_length=40, description="open, closed")] = None,
    page: Annotated[int, Query(ge=1, le=MOST_SKIPPED)] = 1,
    page_size: Annotated[int, Query(ge=1, le=MOST_PER_PAGE)] = MOST_PER_PAGE,
) -> ServiceRequestFilter:
    skip = (page - 1) * page_size
    if skip > MOST_SKIPPED:
        raise wrong_field(
            "page",
            "too_far",
            f"至多翻到第 {MOST_SKIPPED} 条，请缩小时间范围",
            f"pages go as far as the {MOST_SKIPPED}th request; narrow the span of time",
        )
    for field, moment in (("start_date", start_date), ("end_date", end_date)):
        wired_time(moment, field)
    first, last = span_of(start_date, end_date, china_now())
    return ServiceRequestFilter(
        matter_nos=_parts(service_request_id, "service_request_id"),
        categories=_parts(service_code, "service_code"),
        reported_from=first,
        reported_to=last,
        is_open=_is_open(status),
        limit=page_size,
        skip=skip,
    )


Wanted = Annotated[ServiceRequestFilter, Depends(_wanted)]


def span_of(
    first: datetime | None, last: datetime | None, now: datetime
) -> tuple[datetime, datetime | None]:
    """Return the span that is looked at: of 90 days at most, and the latest without a word."""
    if first is None:
        return (last or now) - SPAN, last
    if last is None:
        return first, first + SPAN
    return max(first, last - SPAN), last


def _parts(text: str | None, field: str) -> list[str]:
    parts = [part.strip() for part in (text or "").split(",") if part.strip()]
    if len(parts) > MOST_PER_PAGE:
        raise wrong_field(
            field, "too_many", f"至多 {MOST_PER_PAGE} 个", f"at most {MOST_PER_PAGE} at once"
        )
    return parts


def _is_open(status: str | None) -> bool | None:
    named = frozenset(part.strip() for part in (status or "").split(",") if part.strip())
    if named not in _STATUSES:
        raise wrong_field("status", "wrong_status", "应为 open 或 closed", "give open or closed")
    return _STATUSES[named]


async def requests(
    request: Request,
    backing: Backed,
    call: Asking,
    where: Wanted,
    jurisdiction_id: Jurisdiction = None,
    api_key: ApiKey = None,
) -> Response:
    """Return what may be public of the caller's place, newest first; text of one's own alone.

    时间跨度至多 90 天。 · Of a span of at most 90 days.
    """
    await check_jurisdiction(backing, call, jurisdiction_id)
    found = await backing.edge.call("patrol", "service_requests", call=call, where=wired(where))
    items = await _shown(request, backing, call, found["items"])
    return told(request, "service_requests", items)


async def one(
    request: Request,
    backing: Backed,
    call: Asking,
    service_request_id: RequestId,
    jurisdiction_id: Jurisdiction = None,
    api_key: ApiKey = None,
) -> Response:
    """Return how one request stands."""
    await check_jurisdiction(backing, call, jurisdiction_id)
    items = await _shown(request, backing, call, [await _of(backing, call, service_request_id)])
    return told(request, "service_requests", items)


async def token(
    request: Request,
    backing: Backed,
    call: Asking,
    token: RequestId,
    jurisdiction_id: Jurisdiction = None,
    api_key: ApiKey = None,
) -> Response:
    """Return the number that a token stands for: every request has its number at once, which is its token."""
    await check_jurisdiction(backing, call, jurisdiction_id)
    found = await _of(backing, call, token)
    return told(
        request, "service_requests", [{"token": token, "service_request_id": found["matter_no"]}]
    )


async def report(
    request: LimitedRequest,
    backing: Backed,
    bearer: SignedInBearer,
    reported: Reported,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Open an incident; its matter number is the request's.

    坐标必填（WGS-84），地址无法定位；media_url 只记下，不会去取。 · `lat` and `long` are needed, as no address can be
    found; `media_url` is written down and never fetched.
    """
    backing.limits.admit_service_request(request.scope, bearer.actor.account)
    call = command_call(request, bearer, idempotency_key, await request.body())
    asking = call.without_command()
    await check_jurisdiction(backing, asking, reported.jurisdiction_id)
    await check_service(backing, asking, reported.service_code)
    opened = await backing.edge.call(
        "patrol", "report_incident", call=call, report=wired(reported.report)
    )
    answer = {
        "service_request_id": opened["matter_no"],
        "service_notice": reported.notice,
        "account_id": None,
    }
    return told(request, "service_requests", [answer], 201)


async def _of(backing: Backing, call: Call, number: str) -> dict[str, Any]:
    where = ServiceRequestFilter(matter_nos=[number], limit=1)
    found = await backing.edge.call("patrol", "service_requests", call=call, where=wired(where))
    if not found["items"]:
        raise no_such_thing()
    item: dict[str, Any] = found["items"][0]
    return item


async def _shown(
    request: Request, backing: Backing, call: Call, items: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    language: Literal["zh", "en"] = preferred_language(request.headers.get("accept-language"))
    categories = await public_categories(backing, call) if items else []
    names = {each["code"]: each[language] for each in categories}
    return [request_of(item, names, language) for item in items]


for _form in FORMS:
    router.add_api_route(
        f"/requests.{_form}",
        requests,
        methods=["GET"],
        name=f"requests_{_form}",
        summary="请求列表 · Service requests",
        response_class=Response,
        responses=told_in(_form, 200, "请求 · Requests") | refusals_in(_form),
        openapi_extra=needs(Permission.INCIDENT_READ),
    )
    router.add_api_route(
        f"/requests.{_form}",
        report,
        methods=["POST"],
        name=f"report_{_form}",
        status_code=201,
        summary="上报 · Report",
        response_class=Response,
        responses=told_in(_form, 201, "已立号 · Its number") | refusals_in(_form),
        openapi_extra=needs(Permission.INCIDENT_REPORT),
    )
    router.add_api_route(
        f"/requests/{{service_request_id}}.{_form}",
        one,
        name=f"request_{_form}",
        summary="一个请求 · One service request",
        response_class=Response,
        responses=told_in(_form, 200, "请求 · The request") | refusals_in(_form),
        openapi_extra=needs(Permission.INCIDENT_READ),
    )
    router.add_api_route(
        f"/tokens/{{token}}.{_form}",
        token,
        name=f"token_{_form}",
        summary="凭证换编号 · The number of a token",
        response_class=Response,
        responses=told_in(_form, 200, "编号 · The number") | refusals_in(_form),
        openapi_extra=needs(Permission.INCIDENT_READ),
    )
