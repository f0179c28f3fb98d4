"""Boundary versions: imported as drafts, looked at, put in force, drawn as tiles."""

import base64
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import orjson
from fastapi import APIRouter, Path, Security
from pydantic import ConfigDict
from starlette.responses import Response

from services.gateway.routes.answers import answered, listed, tagged
from services.gateway.routes.backing import Backed, Backing
from services.gateway.routes.boundary_order import check_layers, files_by_name, order_in
from services.gateway.routes.documents import (
    EVERYWHERE,
    FILE,
    Page,
    multipart,
    problems,
    raw,
    shown,
)
from services.gateway.routes.doors import API, LimitedRequest, SignedInDoor, UploadDoor
from services.gateway.routes.idempotency import (
    IdempotencyKey,
    Ordering,
    command_call,
)
from services.gateway.routes.multipart import Upload, read_form
from services.gateway.routes.needs import needs
from services.gateway.routes.parameters import Version
from services.gateway.routes.signed_in import (
    SIGN_IN,
    Asking,
    SignedInBearer,
)
from services.gateway.routes.wire import wired
from shared.kernel.rights import Permission

router = APIRouter(
    prefix=f"{API}/grid",
    route_class=SignedInDoor,
    tags=["boundaries"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
upload_router = APIRouter(
    prefix=f"{API}/grid",
    route_class=UploadDoor,
    tags=["boundaries"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)

IMPORT_PATIENCE_S = 300
_JSON = dict[str, Any]
_MVT = "application/vnd.mapbox-vector-tile"
TileNumber = Annotated[int, Path(ge=0, lt=2**24)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """The order to put a draft in force; warnings have to be accepted."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    accept_findings: bool = False


@upload_router.post(
    "/boundaries",
    status_code=201,
    summary="导入边界 · Import a boundary set",
    responses=shown(201, _JSON, "检查报告 · The findings report") | problems(403, 413, 415),
    openapi_extra=needs(Permission.BOUNDARY_CHANGE)
    | multipart(
        {
            "files": {"type": "array", "items": FILE},
            "order": {"type": "string", "description": "JSON: BoundaryImport"},
            "dry_run": {"type": "boolean"},
        },
        ["files", "order"],
    ),
)
async def import_boundary(
    request: LimitedRequest,
    backing: Backed,
    bearer: SignedInBearer,
    call: Asking,
    idempotency_key: IdempotencyKey = None,
    dry_run: bool = False,
) -> Response:
    """Check GeoJSON, GeoPackage or zipped Shapefile files and keep them as a draft version.

    `order` is JSON; each layer's `file_id` is the name of one of the uploaded `files`. With
    `dry_run` nothing is kept. 导入为草稿版本并给出检查报告；试运行不保存。
    """
    limit_mb = backing.settings.boundary_limit_mb
    with await read_form(request, backing.edge, backing.incoming, limit_mb) as form:
        order = order_in(form, dry_run=dry_run)
        uploads = files_by_name(form.files)
        check_layers(order, uploads)
        digests = {name: await _kept(backing, upload) for name, upload in uploads.items()}
    layers = [
        # Findings call a file what its sender calls it.
        replace(layer, file_id=digests[layer.file_id], file_name=layer.file_name or layer.file_id)
        for layer in order.layers
    ]
    ordered = wired(replace(order, layers=layers))
    report = await backing.edge.call(
        "grid",
        "import_boundary",
        call=command_call(request, bearer, idempotency_key, orjson.dumps(ordered)),
        timeout_s=IMPORT_PATIENCE_S,
        order=ordered,
    )
    return answered(report, 200 if order.dry_run else 201)


@router.get(
    "/boundaries",
    summary="边界版本 · The boundary versions",
    responses=shown(200, Page, "各版本 · The versions"),
    openapi_extra=needs(Permission.GRID_READ),
)
async def boundaries(backing: Backed, call: Asking) -> Response:
    """Return every boundary version, drafts included."""
    return answered(listed(await backing.edge.call("grid", "boundaries", call=call)))


@router.get(
    "/boundaries/{version}",
    summary="一个边界版本 · One boundary version",
    responses=shown(200, _JSON, "版本与检查报告 · The version with its report") | problems(404),
    openapi_extra=needs(Permission.GRID_READ),
)
async def boundary(backing: Backed, call: Asking, version: Version) -> Response:
    """Return a version with its findings report."""
    return answered(await backing.edge.call("grid", "boundary", call=call, version=version))


@router.post(
    "/boundaries/{version}/activate",
    summary="启用边界版本 · Put a version in force",
    responses=shown(200, _JSON, "已启用 · In force") | problems(403, 404, 409, 413, 415),
    openapi_extra=needs(Permission.BOUNDARY_CHANGE),
)
async def activate(
    backing: Backed, call: Ordering, version: Version, order: Activation | None = None
) -> Response:
    """Put a draft in force from now on; earlier versions stay answerable with `at`."""
    accepted = (order or Activation()).accept_findings
    done = await backing.edge.call(
        "grid", "activate_boundary", call=call, version=version, accept_findings=accepted
    )
    return answered(done)


@router.get(
    "/boundaries/{version}/impact",
    summary="启用的影响 · What a draft would move",
    responses=shown(200, _JSON, "将变动的未结事件 · The open cases that would move")
    | problems(404),
    openapi_extra=needs(Permission.BOUNDARY_READ),
)
async def impact(backing: Backed, call: Asking, version: Version) -> Response:
    """Return the open incidents whose cell would change under a version."""
    return answered(await backing.edge.call("grid", "boundary_impact", call=call, version=version))


@router.get(
    "/boundaries/{version}/lineage",
    summary="代码沿革 · What became of each code",
    responses=shown(200, Page, "沿革 · The lineage") | problems(404),
    openapi_extra=needs(Permission.GRID_READ),
)
async def lineage(backing: Backed, call: Asking, version: Version) -> Response:
    """Return what a version changed: codes that came, went, moved or were renamed."""
    changes = await backing.edge.call("grid", "boundary_lineage", call=call, version=version)
    return answered(listed(changes))


@router.get(
    "/tiles/{version}/{z}/{x}/{y}.mvt",
    summary="矢量瓦片 · A vector tile",
    response_class=Response,
    responses=raw(200, _MVT, "瓦片 · The tile") | problems(404),
    openapi_extra=needs(Permission.GRID_READ),
)
async def tile(
    request: LimitedRequest,
    backing: Backed,
    call: Asking,
    version: Version,
    z: Annotated[int, Path(ge=0, le=22)],
    x: TileNumber,
    y: TileNumber,
) -> Response:
    """Return a tile of a version's areas, as Mapbox Vector Tiles lay it out; it carries an ETag."""
    drawn = await backing.edge.call("grid", "tile", call=call, version=version, z=z, x=x, y=y)
    return tagged(
        request,
        base64.b64decode(drawn),
        media_type=_MVT,
        # A version never changes once it is imported.
        cache_control="private, max-age=86400",
    )


async def _kept(backing: Backing, upload: Upload) -> str:
    return await backing.edge.run(lambda: backing.desk.keep_blob(upload.content))
