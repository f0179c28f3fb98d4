"""The catalogue of categories as data: brought as a draft, looked at, put in force."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Path, Security
from pydantic import ConfigDict
from starlette.responses import Response

from services.gateway.routes.answers import answered, listed
from services.gateway.routes.backing import Backed
from services.gateway.routes.documents import EVERYWHERE, Page, problems, shown
from services.gateway.routes.doors import API, SignedInDoor
from services.gateway.routes.idempotency import Ordering
from services.gateway.routes.needs import needs
from services.gateway.routes.signed_in import SIGN_IN, Asking
from services.gateway.routes.wire import wired
from shared.contracts import catalogue
from shared.kernel.rights import Permission

router = APIRouter(
    prefix=f"{API}/catalogue",
    route_class=SignedInDoor,
    tags=["catalogue"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
_JSON = dict[str, Any]
_WRITING = problems(403, 413, 415)
CatalogueNumber = Annotated[int, Path(ge=0, le=2**31 - 1, description="目录版本 · its version")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueImport(catalogue.CatalogueImport):
    """A whole catalogue, as entries or as the text of a CSV file."""

    # A misspelt field is told, not passed over.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueActivation(catalogue.CatalogueActivation):
    """From which day it is in force; today when it is left out."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@router.post(
    "",
    status_code=201,
    summary="导入类别目录 · Bring a catalogue",
    responses=shown(201, _JSON, "草稿 · The draft") | _WRITING,
    openapi_extra=needs(Permission.CATALOGUE_CHANGE),
)
async def import_catalogue(backing: Backed, call: Ordering, order: CatalogueImport) -> Response:
    """Check a whole catalogue and keep it as a draft; with `dry_run` nothing is kept.

    一次列出全部错误。 · Everything that is wrong is told at once.
    """
    kept = await backing.edge.call("patrol", "import_catalogue", call=call, order=wired(order))
    return answered(kept, 200 if order.dry_run else 201)


@router.get(
    "",
    summary="类别目录的各版本 · The versions of the catalogue",
    responses=shown(200, Page, "各版本 · The versions"),
    openapi_extra=needs(Permission.CATALOGUE_READ),
)
async def catalogues(backing: Backed, call: Asking) -> Response:
    """Return every version, drafts included, the newest first."""
    return answered(listed(await backing.edge.call("patrol", "catalogues", call=call)))


@router.get(
    "/{version}",
    summary="一个目录版本 · One version of the catalogue",
    responses=shown(200, _JSON, "目录 · The catalogue") | problems(404),
    openapi_extra=needs(Permission.CATALOGUE_READ),
)
async def one_catalogue(backing: Backed, call: Asking, version: CatalogueNumber) -> Response:
    """Return a version with its categories."""
    return answered(await backing.edge.call("patrol", "catalogue", call=call, version=version))


@router.post(
    "/{version}/activate",
    summary="启用类别目录 · Put a version in force",
    responses=shown(200, _JSON, "已启用 · In force from that day on")
    | _WRITING
    | problems(404, 409),
    openapi_extra=needs(Permission.CATALOGUE_CHANGE),
)
async def activate(
    backing: Backed,
    call: Ordering,
    version: CatalogueNumber,
    order: CatalogueActivation | None = None,
) -> Response:
    """Put a draft in force from a day on; what was reported before keeps the version it was reported under.

    已上报事件保留其上报时的目录版本和名称。
    """
    said = wired(order or CatalogueActivation())
    active = await backing.edge.call(
        "patrol", "activate_catalogue", call=call, version=version, order=said
    )
    return answered(active)
