"""OGC API – Features: where it begins, what it conforms to, and which collections there are.

OGC 17-069r4, Part 1: Core. A map reads cells and incidents by it: QGIS, GDAL, and what stands on them.
"""

import copy
from typing import Any, Literal

import orjson
from fastapi import APIRouter, Request, Security
from starlette.responses import Response

from services.gateway.routes.addresses import own_address
from services.gateway.routes.answers import answered, tagged
from services.gateway.routes.backing import Backed
from services.gateway.routes.doors import OpenDoor
from services.gateway.routes.needs import needs
from services.gateway.routes.ogc_documents import (
    ANY_JSON,
    COLLECTION,
    COLLECTIONS,
    CONFORMANCE,
    EVERYWHERE,
    GEOJSON,
    JSON,
    LANDING,
    OPENAPI,
    holding,
    link,
)
from services.gateway.routes.ogc_door import OgcDoor
from services.gateway.routes.ogc_parameters import CRS84
from services.gateway.routes.signed_in import SIGN_IN, Asking
from shared.kernel.rights import Permission

OGC = "/ogc"
TAG = "OGC API – Features"
open_router = APIRouter(route_class=OpenDoor, tags=[TAG])
router = APIRouter(
    prefix=f"{OGC}/collections",
    route_class=OgcDoor,
    tags=[TAG],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)

CollectionId = Literal["cells", "incidents"]
# The document is OpenAPI 3.1, so the class of OpenAPI 3.0 is not among them.
CONFORMS_TO = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
)
_TITLES = {
    "cells": "网格 · Cells",
    "incidents": "事件 · Incidents",
}
_ABOUT = {
    "cells": (
        "现行边界的网格；datetime 取该时刻启用的边界，区间取其中最新的。 · The cells of the boundary in force; "
        "`datetime` takes the one in force then, of an interval the newest."
    ),
    "incidents": (
        "您辖区内的事件，新的在前，datetime 按上报时间；不含文字、个人信息和封存的事件。 · The incidents the caller "
        "reaches, newest first; `datetime` is that of the report. Nothing that anybody wrote, no persons, "
        "nothing that is closed off."
    ),
}


@open_router.get(
    OGC,
    summary="入口 · Landing page",
    response_class=Response,
    responses=holding(JSON, LANDING, "入口 · The landing page"),
)
@open_router.get(f"{OGC}/", include_in_schema=False)
async def landing(request: Request, backing: Backed) -> Response:
    """Return where everything is."""
    here = own_address(request, backing.settings, OGC)
    return answered(
        {
            "title": "Wangge · 网格平台",
            "description": "网格与事件 · Cells and incidents",
            "links": [
                link(here, "self", JSON, "本页 · This document"),
                link(f"{here}/api", "service-desc", OPENAPI, "接口说明 · The API's definition"),
                link(f"{here}/conformance", "conformance", JSON, "符合性 · Conformance"),
                link(f"{here}/collections", "data", JSON, "数据集 · Collections"),
            ],
        }
    )


@open_router.get(
    f"{OGC}/conformance",
    summary="符合性声明 · Conformance classes",
    response_class=Response,
    responses=holding(JSON, CONFORMANCE, "符合性 · The classes"),
)
async def conformance() -> Response:
    """Return what of the standard is met."""
    return answered({"conformsTo": list(CONFORMS_TO)})


@open_router.get(
    f"{OGC}/api",
    summary="接口说明 · The API's definition",
    response_class=Response,
    responses=holding(OPENAPI, ANY_JSON, "OpenAPI"),
)
async def definition(request: Request, backing: Backed) -> Response:
    """Return the part of `/openapi.json` that is about this API, with paths as the standard has them."""
    whole = request.app.openapi()
    server = own_address(request, backing.settings, OGC)
    return tagged(
        request, orjson.dumps(part_of(whole, server)), media_type=OPENAPI, cache_control="no-cache"
    )


def part_of(document: dict[str, Any], server: str) -> dict[str, Any]:
    """Return what an OpenAPI document says of this API, which lies at *server*."""
    components = document["components"]
    schemas = {name: components["schemas"][name] for name in ("Problem", "FieldError")}
    paths = {
        path.removeprefix(OGC) or "/": copy.deepcopy(operations)
        for path, operations in document["paths"].items()
        if path == OGC or path.startswith(f"{OGC}/")
    }
    return {
        "openapi": document["openapi"],
        "info": document["info"],
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": components["securitySchemes"],
        },
    }


@router.get(
    "",
    summary="数据集 · Collections",
    response_class=Response,
    responses=holding(JSON, COLLECTIONS, "数据集 · The collections"),
    openapi_extra=needs(Permission.GRID_READ),
)
async def collections(request: Request, backing: Backed, call: Asking) -> Response:
    """Return which collections there are."""
    here = own_address(request, backing.settings, f"{OGC}/collections")
    extent = await backing.edge.call("grid", "cell_extent", call=call)
    return answered(
        {
            "links": [link(here, "self", JSON, "本页 · This document")],
            "collections": [_collection(here, name, extent) for name in _TITLES],
        }
    )


@router.get(
    "/{collection_id}",
    summary="一个数据集 · One collection",
    response_class=Response,
    responses=holding(JSON, COLLECTION, "数据集 · The collection"),
    openapi_extra=needs(Permission.GRID_READ),
)
async def collection(
    request: Request, backing: Backed, call: Asking, collection_id: CollectionId
) -> Response:
    """Return what a collection holds, and where."""
    here = own_address(request, backing.settings, f"{OGC}/collections")
    extent = await backing.edge.call("grid", "cell_extent", call=call)
    return answered(_collection(here, collection_id, extent))


def _collection(here: str, name: str, extent: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": name,
        "title": _TITLES[name],
        "description": _ABOUT[name],
        "itemType": "feature",
        "crs": [CRS84],
        "links": [
            link(f"{here}/{name}", "self", JSON, "本页 · This document"),
            link(f"{here}/{name}/items", "items", GEOJSON, _TITLES[name]),
        ],
    }
    if name == "cells":
        # Incidents may lie outside, where a duty officer has accepted them.
        told["extent"] = {
            "spatial": {"bbox": [extent["box"]], "crs": CRS84},
            "temporal": {"interval": [[extent["since"], None]]},
        }
    return told
