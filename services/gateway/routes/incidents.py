"""Incidents: reported, listed, shown, and taken from step to step."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Security
from pydantic import ConfigDict
from starlette.responses import Response

from services.gateway.routes.answers import answered, listed, tagged_json
from services.gateway.routes.backing import Backed, Backing
from services.gateway.routes.documents import EVERYWHERE, Page, problems, shown
from services.gateway.routes.doors import API, LimitedRequest, SignedInDoor
from services.gateway.routes.idempotency import Ordering
from services.gateway.routes.incident_filter import Wanted
from services.gateway.routes.needs import needs
from services.gateway.routes.parameters import Cursor, PageSize
from services.gateway.routes.signed_in import SIGN_IN, Asking
from services.gateway.routes.wire import wired
from shared.contracts import patrol
from shared.contracts.incident_steps import INCIDENT_STEPS, STEP_NEEDS
from shared.kernel.errors import FieldError, Invalid
from shared.kernel.rights import Permission

router = APIRouter(
    prefix=f"{API}/incidents",
    route_class=SignedInDoor,
    tags=["incidents"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
_WRITING = problems(403, 413, 415)
_INCIDENT = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReport(patrol.IncidentReport):
    """What a reporter sends; `files` are ids of files uploaded before."""

    # A misspelt field is told, not passed over.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOrder(patrol.StepOrder):
    """What the taker of a step sends; it may be left out altogether."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalQuestion(patrol.PersonalQuestion):
    """Why what is personal is asked for."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactQuestion(patrol.ContactQuestion):
    """Whose incidents are looked for, and why."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingOrder(patrol.ClosingOrder):
    """Whom the incident shall be closed to, and why."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@router.post(
    "",
    status_code=201,
    summary="上报事件 · Report an incident",
    responses=shown(201, _INCIDENT, "已立号 · Opened under a matter number") | _WRITING,
    openapi_extra=needs(Permission.INCIDENT_REPORT),
)
async def report(backing: Backed, call: Ordering, report: IncidentReport) -> Response:
    """Open an incident in the cell where it lies.

    辖区之外的点位由值班员注明 `accept_outside` 方可受理。 · Outside the district a duty officer has to say
    `accept_outside`.
    """
    said = wired(report)
    await _check_files(backing, report.files)
    opened = await backing.edge.call("patrol", "report_incident", call=call, report=said)
    return answered(opened, 201)


@router.get(
    "",
    summary="事件列表 · List incidents",
    responses=shown(200, Page, "一页 · A page"),
    openapi_extra=needs(Permission.INCIDENT_READ),
)
async def incidents(
    backing: Backed,
    call: Asking,
    where: Wanted,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> Response:
    """Return the incidents the caller reaches, newest first."""
    page = await backing.edge.call(
        "patrol", "incidents", call=call, where=wired(where), limit=limit, cursor=cursor
    )
    return answered(page)


@router.get(
    "/categories",
    summary="事件类别 · The catalogue of categories",
    responses=shown(200, Page, "类别 · Categories"),
    openapi_extra=needs(Permission.CATALOGUE_READ),
)
async def categories(request: LimitedRequest, backing: Backed, call: Asking) -> Response:
    """Return the categories an incident may have."""
    found = await backing.edge.call("patrol", "categories", call=call)
    return tagged_json(request, listed(found))


@router.get(
    "/{incident_id:uuid}",
    summary="事件详情 · One incident",
    responses=shown(200, _INCIDENT, "事件 · The incident") | problems(404),
    openapi_extra=needs(Permission.INCIDENT_READ),
)
async def incident(backing: Backed, call: Asking, incident_id: UUID) -> Response:
    """Return one incident with its history."""
    found = await backing.edge.call("patrol", "incident", call=call, incident_id=str(incident_id))
    return answered(found)


@router.post(
    "/{incident_id:uuid}/personal",
    summary="查看联系人（须说明理由，留痕） · The contact in clear",
    responses=shown(200, _INCIDENT, "联系人 · The contact") | _WRITING | problems(404),
    openapi_extra=needs(Permission.PERSONAL_READ, Permission.INCIDENT_HANDLE),
)
async def contact(
    backing: Backed, call: Asking, incident_id: UUID, asked: PersonalQuestion
) -> Response:
    """Return whom to ask about an incident, to its handler and to who is on duty.

    谁为何查看，记入审计链。 · Who saw it and why stays in the audit trail.
    """
    found = await backing.edge.call(
        "patrol", "contact", call=call, incident_id=str(incident_id), asked=wired(asked)
    )
    return answered(found)


@router.post(
    "/by-contact",
    summary="按联系电话查事件（须说明理由，留痕） · Incidents by telephone number",
    responses=shown(200, Page, "一页 · A page") | _WRITING,
    openapi_extra=needs(Permission.PERSONAL_READ),
)
async def by_contact(backing: Backed, call: Asking, asked: ContactQuestion) -> Response:
    """Return the incidents that name a telephone number, newest first, to who is on duty.

    号码放在请求体中，不进地址栏与日志。 · The number is in the body, so that no address line or log holds it.
    """
    page = await backing.edge.call("patrol", "incidents_by_contact", call=call, asked=wired(asked))
    return answered(page)


def _taking(step: str) -> Callable[..., Awaitable[Response]]:
    async def take(
        backing: Backed, call: Ordering, incident_id: UUID, order: StepOrder | None = None
    ) -> Response:
        taken = wired(order or StepOrder())
        await _check_files(backing, taken["files"])
        await _check_files(backing, taken["before"], field="before")
        moved = await backing.edge.call(
            "patrol",
            "take_step",
            call=call,
            incident_id=str(incident_id),
            step=step,
            order=taken,
        )
        return answered(moved)

    return take


for _step, _told in INCIDENT_STEPS.items():
    router.add_api_route(
        f"/{{incident_id:uuid}}/{_step}",
        _taking(_step),
        methods=["POST"],
        name=f"{_step.replace('-', '_')}_incident",
        summary=f"{_step}",
        description=_told.__doc__ or "",
        responses=shown(200, _INCIDENT, "事件 · The incident") | _WRITING | problems(404, 409),
        openapi_extra=needs(STEP_NEEDS[_step]),
    )


@router.post(
    "/{incident_id:uuid}/close-off",
    summary="回避与保密 · Close an incident off",
    responses=shown(200, _INCIDENT, "事件 · The incident") | _WRITING | problems(404, 409),
    openapi_extra=needs(Permission.INCIDENT_CLOSE_OFF),
)
async def close_off(
    backing: Backed, call: Ordering, incident_id: UUID, order: ClosingOrder
) -> Response:
    """Close an incident to units and persons, or to all but some; without any it is open again.

    对其回避的单位和个人不再看到该事件的任何内容、计数或检索结果。 · To them it no longer exists: no row, no
    count, no hit.
    """
    closed = await backing.edge.call(
        "patrol",
        "close_off_incident",
        call=call,
        incident_id=str(incident_id),
        order=wired(order),
    )
    return answered(closed)


async def _check_files(backing: Backing, file_ids: Sequence[str], *, field: str = "files") -> None:
    """See that every file was uploaded; patrol has no way to know.

    Raises:
        Invalid: naming each that was not.
    """
    if not file_ids:
        return
    unknown = set(await backing.edge.run(lambda: backing.desk.unknown_files(file_ids)))
    if unknown:
        raise Invalid(
            code="invalid",
            zh="有文件编号不存在，请先用 POST /files 上传。",
            en="Some file ids are unknown; upload the files with POST /files first.",
            errors=tuple(
                FieldError(
                    field=f"{field}.{number}",
                    code="unknown_file",
                    zh="没有这个文件",
                    en="there is no such file",
                )
                for number, file_id in enumerate(file_ids)
                if file_id in unknown
            ),
        )
