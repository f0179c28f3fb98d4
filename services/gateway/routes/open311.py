"""Open311 GeoReport v2: where it is, and which services one may ask for."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from services.gateway.domain.service_request import is_public, service_of
from services.gateway.routes.addresses import own_address
from services.gateway.routes.backing import Backed, Backing
from services.gateway.routes.doors import OpenDoor
from services.gateway.routes.language import preferred_language
from services.gateway.routes.needs import needs
from services.gateway.routes.open311_door import Open311Door
from services.gateway.routes.open311_forms import (
    FORMS,
    MEDIA_TYPES,
    refusals_in,
    told,
    told_in,
)
from services.gateway.routes.signed_in import Asking
from shared.kernel.errors import NotFound
from shared.kernel.rights import Permission
from shared.runtime.call import Call

OPEN311 = "/open311"
V2 = f"{OPEN311}/v2"
TAG = "Open311"
open_router = APIRouter(prefix=OPEN311, route_class=OpenDoor, tags=[TAG])
router = APIRouter(prefix=V2, route_class=Open311Door, tags=[TAG])

ServiceCode = Annotated[str, Path(max_length=16, description="类别代码 · the code of a category")]
Jurisdiction = Annotated[
    str | None,
    Query(
        max_length=64, description="本区的区划代码，可省略 · the code of the district, or nothing"
    ),
]
ApiKey = Annotated[
    str | None,
    Query(
        alias="api_key",
        max_length=300,
        description="客户端的密钥，也可用令牌 · the client's key; a bearer token will do as well",
    ),
]
# When this interface was changed last.
CHANGESET = "2026-11-28T00:00:00+08:00"


async def discovery(request: Request, backing: Backed) -> Response:
    """Return where the interface lies (Service Discovery of Open311)."""
    endpoint = {
        "specification": "http://wiki.open311.org/GeoReport_v2",
        "url": own_address(request, backing.settings, V2),
        "changeset": CHANGESET,
        "type": "production",
        "formats": list(MEDIA_TYPES.values()),
    }
    found = {
        "changeset": CHANGESET,
        "contact": "请向平台的运行单位咨询 · Ask whoever runs the platform.",
        "key_service": "请向平台的运行单位申请 api_key · Ask whoever runs the platform for an api_key.",
        "endpoints": [endpoint],
    }
    return told(request, "discovery", found)


async def services(
    request: Request,
    backing: Backed,
    call: Asking,
    jurisdiction_id: Jurisdiction = None,
    api_key: ApiKey = None,
) -> Response:
    """Return what one may report: the categories that are not about persons."""
    await check_jurisdiction(backing, call, jurisdiction_id)
    language = preferred_language(request.headers.get("accept-language"))
    found = await public_categories(backing, call)
    return told(request, "services", [service_of(each, language) for each in found])


async def definition(
    request: Request,
    backing: Backed,
    call: Asking,
    service_code: ServiceCode,
    jurisdiction_id: Jurisdiction = None,
    api_key: ApiKey = None,
) -> Response:
    """Return what else a service asks for: nothing."""
    await check_jurisdiction(backing, call, jurisdiction_id)
    await check_service(backing, call, service_code)
    return told(request, "service_definition", {"service_code": service_code, "attributes": []})


async def public_categories(backing: Backing, call: Call) -> list[dict[str, Any]]:
    found = await backing.edge.call("patrol", "categories", call=call)
    return [each for each in found if is_public(each)]


async def check_service(backing: Backing, call: Call, code: str) -> None:
    """Raise `NotFound` unless there is a service of that code."""
    if code not in {each["code"] for each in await public_categories(backing, call)}:
        raise NotFound(
            code="no_such_service",
            zh="没有这个 service_code；可用的见 services。",
            en="There is no such service_code; services lists those there are.",
        )


async def check_jurisdiction(backing: Backing, call: Call, code: str | None) -> None:
    """Raise `NotFound` unless the jurisdiction, if one is named, is the district."""
    if code is None:
        return
    districts = (await backing.edge.call("grid", "divisions", call=call))["items"]
    if code not in {district["code"] for district in districts}:
        raise NotFound(
            code="no_such_jurisdiction",
            zh="没有这个 jurisdiction_id；应为本区的区划代码，或省略。",
            en="There is no such jurisdiction_id; give the code of the district, or none.",
        )


for _form in FORMS:
    open_router.add_api_route(
        f"/discovery.{_form}",
        discovery,
        name=f"discovery_{_form}",
        summary="接口所在 · Discovery",
        response_class=Response,
        responses=told_in(_form, 200, "接口所在 · Where it is", is_list=False),
    )
    router.add_api_route(
        f"/services.{_form}",
        services,
        name=f"services_{_form}",
        summary="可报类别 · Services",
        response_class=Response,
        responses=told_in(_form, 200, "类别 · Services") | refusals_in(_form),
        openapi_extra=needs(Permission.CATALOGUE_READ),
    )
    router.add_api_route(
        f"/services/{{service_code}}.{_form}",
        definition,
        name=f"service_{_form}",
        summary="类别说明 · A service's definition",
        response_class=Response,
        responses=told_in(_form, 200, "说明 · The definition", is_list=False) | refusals_in(_form),
        openapi_extra=needs(Permission.CATALOGUE_READ),
    )
