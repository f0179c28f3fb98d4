"""OGC API – Features: the cells and the incidents themselves, in GeoJSON, page by page."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Security
from starlette.responses import Response

from services.gateway.routes.addresses import own_address
from services.gateway.routes.backing import Backed, Backing
from services.gateway.routes.needs import needs
from services.gateway.routes.ogc import OGC, TAG
from services.gateway.routes.ogc_documents import (
    CONTENT_CRS,
    EVERYWHERE,
    FEATURE,
    FEATURES,
    GEOJSON,
    JSON,
    holding,
    link,
)
from services.gateway.routes.ogc_door import OgcDoor
from services.gateway.routes.ogc_parameters import BOX_AND_SPAN, InBox, InSpan, Limit
from services.gateway.routes.parameters import AreaInPath, Cursor, PlaceFilter, Word
from services.gateway.routes.signed_in import SIGN_IN, Asking
from services.gateway.routes.wire import wired
from shared.contracts.grid import CellFilter
from shared.contracts.patrol import FeatureFilter
from shared.kernel.rights import Permission

router = APIRouter(
    prefix=f"{OGC}/collections",
    route_class=OgcDoor,
    tags=[TAG],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
# Intervals of the standard hold both their ends, those of patrol the first alone.
_JUST_AFTER = timedelta(microseconds=1)


@router.get(
    "/cells/items",
    summary="网格 · Cells",
    response_class=Response,
    responses=holding(GEOJSON, FEATURES, "一页 · A page"),
    openapi_extra=needs(Permission.GRID_READ) | BOX_AND_SPAN,
)
async def cells(
    request: Request,
    backing: Backed,
    call: Asking,
    box: InBox,
    span: InSpan,
    limit: Limit,
    cursor: Cursor = None,
) -> Response:
    """Return the cells that the box touches, of the boundary in force then."""
    where = CellFilter(box=box, since=span.first, until=span.last)
    page = await backing.edge.call(
        "grid", "cell_features", call=call, where=wired(where), limit=limit, cursor=cursor
    )
    return _page(request, backing, page)


@router.get(
    "/incidents/items",
    summary="事件 · Incidents",
    response_class=Response,
    responses=holding(GEOJSON, FEATURES, "一页 · A page"),
    openapi_extra=needs(Permission.INCIDENT_READ) | BOX_AND_SPAN,
)
async def incidents(
    request: Request,
    backing: Backed,
    call: Asking,
    box: InBox,
    span: InSpan,
    limit: Limit,
    cursor: Cursor = None,
    place: PlaceFilter = None,
    state: Word = None,
    category: Word = None,
    severity: Word = None,
    source: Word = None,
) -> Response:
    """Return the incidents within the box that were reported then, newest first."""
    where = FeatureFilter(
        box=box,
        reported_from=span.first,
        reported_to=None if span.last is None else span.last + _JUST_AFTER,
        place=place,
        state=[] if state is None else [state],
        category=category,
        severity=severity,
        source=source,
    )
    page = await backing.edge.call(
        "patrol", "incident_features", call=call, where=wired(where), limit=limit, cursor=cursor
    )
    return _page(request, backing, page)


@router.get(
    "/cells/items/{code}",
    summary="一个网格 · One cell",
    response_class=Response,
    responses=holding(GEOJSON, FEATURE, "网格 · The cell"),
    openapi_extra=needs(Permission.GRID_READ),
)
async def cell(request: Request, backing: Backed, call: Asking, code: AreaInPath) -> Response:
    """Return a cell of the boundary in force."""
    found = await backing.edge.call("grid", "cell_feature", call=call, code=code)
    return _one(request, backing, found, "cells")


@router.get(
    "/incidents/items/{incident_id:uuid}",
    summary="一个事件 · One incident",
    response_class=Response,
    responses=holding(GEOJSON, FEATURE, "事件 · The incident"),
    openapi_extra=needs(Permission.INCIDENT_READ),
)
async def incident(request: Request, backing: Backed, call: Asking, incident_id: UUID) -> Response:
    """Return an incident."""
    found = await backing.edge.call(
        "patrol", "incident_feature", call=call, incident_id=str(incident_id)
    )
    return _one(request, backing, found, "incidents")


def _page(request: Request, backing: Backing, page: Mapping[str, Any]) -> Response:
    here = own_address(request, backing.settings)
    asked = request.url.query
    links = [link(f"{here}?{asked}" if asked else here, "self", GEOJSON, "本页 · This page")]
    if page["next_cursor"] is not None:
        others = [
            (name, each) for name, each in request.query_params.multi_items() if name != "cursor"
        ]
        more = urlencode([*others, ("cursor", page["next_cursor"])])
        links.append(link(f"{here}?{more}", "next", GEOJSON, "下一页 · The next page"))
    told = {
        "type": "FeatureCollection",
        "timeStamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "numberReturned": len(page["features"]),
        "links": links,
        "features": page["features"],
    }
    if "matched" in page:
        told["numberMatched"] = page["matched"]
    return _answered(told)


def _one(
    request: Request, backing: Backing, feature: Mapping[str, Any], collection: str
) -> Response:
    above = own_address(request, backing.settings, f"{OGC}/collections/{collection}")
    links = [
        link(own_address(request, backing.settings), "self", GEOJSON, "本页 · This document"),
        link(above, "collection", JSON, "数据集 · The collection"),
    ]
    return _answered(dict(feature) | {"links": links})


def _answered(told: Mapping[str, Any]) -> Response:
    return Response(orjson.dumps(told), headers=CONTENT_CRS, media_type=GEOJSON)
