"""Exports of incidents: a table that streams, and files that are waited for or fetched later."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Security
from starlette.responses import Response

from services.gateway.domain.export import Export, ExportState, Form, Language
from services.gateway.routes.answers import answered
from services.gateway.routes.backing import Backed, Backing
from services.gateway.routes.documents import EVERYWHERE, ExportFile, problems, raw, shown
from services.gateway.routes.doors import API, SignedInDoor
from services.gateway.routes.export_answers import MEDIA_TYPES, csv_answer, file_answer
from services.gateway.routes.export_making import make_file
from services.gateway.routes.export_order import ExportOrder
from services.gateway.routes.incident_filter import Wanted
from services.gateway.routes.language import preferred_language
from services.gateway.routes.needs import needs
from services.gateway.routes.problems import no_such_thing, wrong_field
from services.gateway.routes.signed_in import SIGN_IN, Asking, SignedInBearer
from services.gateway.routes.wire import wired
from services.gateway.store.access_tokens import Bearer
from shared.contracts.patrol import IncidentFilter
from shared.kernel.clock import china_now
from shared.kernel.errors import Invalid, RuleBroken, Unavailable
from shared.kernel.ids import new_id
from shared.kernel.rights import Permission
from shared.runtime.call import Call

router = APIRouter(
    prefix=f"{API}/exports",
    route_class=SignedInDoor,
    tags=["exports"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)

# A small file is waited for so long, and else fetched like a large one.
WAITED_FOR_S = 20.0
_NEEDS = needs(Permission.INCIDENT_EXPORT)
_JOBS = f"{API}/exports/jobs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How an export shall be."""

    with_text: bool
    reason: str | None
    language: Language


async def _wish(
    request: Request,
    text: Annotated[
        bool,
        Query(description="含标题与描述（可能涉及个人，须写明 reason） · with what people wrote"),
    ] = False,
    reason: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=200,
            description="理由，记入审计链；写案由，不写人名 · why; it stays in the trail",
        ),
    ] = None,
    lang: Annotated[
        Literal["zh", "en"] | None,
        Query(
            description="表头语言，缺省按 Accept-Language · of the headings; else Accept-Language"
        ),
    ] = None,
) -> Wish:
    why = (reason or "").strip() or None
    if text and why is None:
        raise wrong_field(
            "reason",
            "reason_needed",
            "导出标题与描述须写明理由",
            "say why what people wrote is exported",
        )
    preferred = preferred_language(request.headers.get("accept-language"))
    return Wish(with_text=text, reason=why, language=lang or preferred)


Wishing = Annotated[Wish, Depends(_wish)]


@router.get(
    "/incidents.csv",
    summary="导出事件 CSV · Export incidents as CSV",
    response_class=Response,
    responses=raw(200, MEDIA_TYPES[Form.CSV], "表格 · The table"),
    openapi_extra=_NEEDS,
)
async def incidents_csv(
    backing: Backed, bearer: SignedInBearer, call: Asking, where: Wanted, wish: Wishing
) -> Response:
    """Stream the incidents the caller reaches, newest first, as a table; `Export-Total` says how many.

    带 BOM 的 UTF-8，公式一律按文本；每行带导出编号与水印；不含联系人和账号。 · UTF-8 with a mark for Excel;
    no cell is a formula; each row bears the export's id and watermark. A connection that is cut means that
    rows are missing.
    """
    backing.export_turns.begin(call.actor.account)
    try:
        order = await _begun(backing, bearer, call, where, wish, Form.CSV)
        return await _first_of(order)
    except BaseException:
        backing.export_turns.end(call.actor.account)
        raise


async def _first_of(order: ExportOrder) -> Response:
    """Return the answer, or write down that there was none."""
    try:
        return await csv_answer(order)
    except Exception:
        desk = order.backing.exports
        await order.backing.edge.run(
            lambda: desk.end(order.export, order.call, rows=0, outcome="not_begun")
        )
        raise


def _in_a_file(form: Form) -> Callable[..., Awaitable[Response]]:
    async def incidents_in_a_file(
        backing: Backed, bearer: SignedInBearer, call: Asking, where: Wanted, wish: Wishing
    ) -> Response:
        backing.export_turns.begin(call.actor.account)
        try:
            order = await _begun(backing, bearer, call, where, wish, form)
        except BaseException:
            backing.export_turns.end(call.actor.account)
            raise
        making = make_file(order)
        if order.export.total <= backing.settings.export_rows_at_once:
            await asyncio.wait({making}, timeout=WAITED_FOR_S)
        return await _file_or_where(order)

    return incidents_in_a_file


_FILES = {
    Form.XLSX: "导出事件 Excel · Export incidents as a workbook",
    Form.GPKG: "导出事件 GeoPackage · Export incidents as points in EPSG:4326",
}
for _form, _summary in _FILES.items():
    router.add_api_route(
        f"/incidents.{_form}",
        _in_a_file(_form),
        methods=["GET"],
        name=f"incidents_{_form}",
        summary=_summary,
        description=(
            "行数不多时直接返回文件；否则 202，`Location` 指向进度。 · A small file is the answer; of a large one "
            "it is 202, and `Location` tells where to see how far it is."
        ),
        response_class=Response,
        responses=raw(200, MEDIA_TYPES[_form], "文件 · The file")
        | shown(202, ExportFile, "生成中 · It is being made"),
        openapi_extra=_NEEDS,
    )


@router.get(
    "/jobs/{export_id}",
    summary="导出进度 · How far an export is",
    responses=shown(200, ExportFile, "进度 · How far it is") | problems(404),
    openapi_extra=_NEEDS,
)
async def export_file(backing: Backed, call: Asking, export_id: UUID) -> Response:
    """Return how far the file is, to who asked for it; `failed` means: export again.

    服务重启会使未完成的导出失败，请重新导出。 · One that was not done when the platform stopped has failed.
    """
    return answered(_shown(await _found(backing, call, export_id)))


@router.get(
    "/jobs/{export_id}/file",
    summary="取导出文件 · Get the file of an export",
    response_class=Response,
    responses=raw(200, "application/octet-stream", "文件 · The file") | problems(404, 409),
    openapi_extra=_NEEDS,
)
async def exported_file(backing: Backed, call: Asking, export_id: UUID) -> Response:
    """Return the file, as an attachment; each time is noted."""
    found = await _found(backing, call, export_id)
    if found["state"] != ExportState.READY:
        raise _not_ready()
    await backing.edge.run(lambda: backing.exports.note_fetched(found, call))
    return await _given_out(backing, found, is_kept=True)


@router.delete(
    "/jobs/{export_id}",
    status_code=204,
    summary="取消导出 · Cancel an export, or throw its file away",
    response_class=Response,
    responses=problems(404) | {204: {"description": "已取消 · It is gone"}},
    openapi_extra=_NEEDS,
)
async def cancel_export(backing: Backed, call: Asking, export_id: UUID) -> Response:
    """Stop making the file, or throw it away."""
    found = await _found(backing, call, export_id)
    await backing.edge.run(lambda: backing.exports.throw_away(found["id"], call))
    backing.export_turns.cancel(found["id"])
    return Response(status_code=204)


async def _begun(
    backing: Backing, bearer: Bearer, call: Call, where: IncidentFilter, wish: Wish, form: Form
) -> ExportOrder:
    """Return the order, once it is in the audit trail.

    Raises:
        Invalid: there are more rows than may be exported at once.
    """
    asked, most = wired(where), backing.settings.export_most_rows
    total = await backing.edge.call("patrol", "count_to_export", call=call, where=asked, most=most)
    if total > most:
        raise _too_many_rows(most)
    catalogue = await backing.edge.call("patrol", "categories", call=call)
    export = Export(
        export_id=new_id(),
        form=form,
        account=call.actor.account,
        places=call.actor.places(Permission.INCIDENT_EXPORT),
        unit=call.actor.unit,
        at=china_now(),
        where=asked,
        with_text=wish.with_text,
        reason=wish.reason,
        language=wish.language,
        total=total,
    )
    in_a_file = form is not Form.CSV
    await backing.edge.run(lambda: backing.exports.begin(export, call, in_a_file=in_a_file))
    categories = {each["code"]: each[wish.language] for each in catalogue}
    return ExportOrder(
        backing=backing, bearer=bearer, call=call, export=export, categories=categories
    )


async def _file_or_where(order: ExportOrder) -> Response:
    """Return the file where it is ready, and thereby throw it away; or where it will be."""
    found = await _found(order.backing, order.call, order.export.export_id)
    if found["state"] == ExportState.READY:
        return await _given_out(order.backing, found, is_kept=False)
    if found["state"] == ExportState.FAILED:
        raise _failed()
    answer = answered(_shown(found), 202)
    answer.headers["Location"] = f"{_JOBS}/{found['id']}"
    answer.headers["Export-Id"] = found["id"]
    return answer


async def _given_out(backing: Backing, found: dict[str, Any], *, is_kept: bool) -> Response:
    try:
        content = await backing.edge.run(lambda: backing.exports.open(found))
    except FileNotFoundError:
        raise no_such_thing() from None

    async def end() -> None:
        content.close()
        if not is_kept:
            await backing.edge.run(lambda: backing.exports.throw_away(found["id"]))

    return file_answer(backing.edge, found, content, end)


async def _found(backing: Backing, call: Call, export_id: UUID | str) -> dict[str, Any]:
    account = call.actor.account
    found = await backing.edge.run(lambda: backing.exports.file(str(export_id), account))
    if found is None:
        raise no_such_thing()
    return found


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "form", "state", "reason", "done", "total", "rows", "size")
    is_ready = found["state"] == ExportState.READY
    return {name: found[name] for name in names} | {
        "begun_at": found["begun_at"],
        "kept_until": found["kept_until"],
        "download": f"{_JOBS}/{found['id']}/file" if is_ready else None,
    }


def _not_ready() -> RuleBroken:
    return RuleBroken(
        code="export_not_ready",
        zh="文件尚未生成或已失败，请先查看进度。",
        en="The file is not ready, or has failed; see how far it is first.",
    )


def _failed() -> Unavailable:
    return Unavailable(
        code="export_failed",
        zh="导出未能完成，请稍后重新导出。",
        en="The export could not be made; try again in a moment.",
    )


def _too_many_rows(most: int) -> Invalid:
    return Invalid(
        code="too_many_rows",
        zh=f"符合条件的事件超过 {most} 条，请缩小范围后再导出。",
        en=f"More than {most} incidents match; narrow the filter.",
    )
