"""Imports into the register: a table is sent, checked row by row, looked at, and then confirmed or given up."""

from itertools import count
from typing import Any, get_args
from uuid import UUID

from fastapi import APIRouter, Security
from starlette.responses import Response

from services.gateway.files.table_reading import ReadTable
from services.gateway.routes.answers import answered
from services.gateway.routes.backing import Backed, Backing
from services.gateway.routes.documents import (
    EVERYWHERE,
    FILE,
    Page,
    multipart,
    problems,
    shown,
)
from services.gateway.routes.doors import API, LimitedRequest, SignedInDoor, UploadDoor
from services.gateway.routes.idempotency import IdempotencyKey, Ordering, command_call
from services.gateway.routes.multipart import Form, Upload, read_form
from services.gateway.routes.needs import needs
from services.gateway.routes.parameters import Cursor, PageSize
from services.gateway.routes.problems import wrong_field
from services.gateway.routes.signed_in import SIGN_IN, Asking, SignedInBearer
from shared.contracts.register import ROWS_AT_ONCE, RecordKind
from shared.kernel.rights import Permission
from shared.runtime.call import Call

router = APIRouter(
    prefix=f"{API}/register/imports",
    route_class=SignedInDoor,
    tags=["register"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
upload_router = APIRouter(
    prefix=f"{API}/register/imports",
    route_class=UploadDoor,
    tags=["register"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
_JSON = dict[str, Any]
_IMPORTING = needs(Permission.REGISTER_IMPORT)
_KINDS = list(get_args(RecordKind))
PATIENCE_S = 60


@upload_router.post(
    "",
    status_code=201,
    summary="批量导入：上传并检查 · Send a table to be imported",
    responses=shown(201, _JSON, "检查结果 · What was found") | problems(404, 409, 413, 415),
    openapi_extra=_IMPORTING
    | multipart({"file": FILE, "kind": {"type": "string", "enum": _KINDS}}, ["file", "kind"]),
)
async def send(
    request: LimitedRequest,
    backing: Backed,
    bearer: SignedInBearer,
    call: Asking,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Check every row of a CSV or XLSX table; nothing is on record before it is confirmed.

    列名用字段名或其中文名；每行的全部问题见 `/errors`；重复导入同一文件不产生重复登记。 · Headings are names of
    fields, in English or Chinese; the same table again enters nothing twice.
    """
    limit_mb = backing.settings.upload_limit_mb
    with await read_form(request, backing.edge, backing.incoming, limit_mb) as form:
        upload, kind = _only_file(form), _kind_in(form)
        table = await backing.edge.run(lambda: backing.desk.read_table(upload.content))
        command = command_call(request, bearer, idempotency_key, f"{kind} {upload.digest}".encode())
    order = {"kind": kind, "headings": table.headings, "rows": len(table.rows)}
    begun = await backing.edge.call("register", "begin_import", call=command, order=order)
    return answered(await _checked(backing, call, begun, table), 201)


async def _checked(backing: Backing, call: Call, begun: _JSON, table: ReadTable) -> _JSON:
    """Have all rows looked at; a request sent again goes on where the first was cut off."""
    found: _JSON = await backing.edge.call(
        "register", "record_import", call=call, import_id=begun["id"]
    )
    for first in count(1, ROWS_AT_ONCE):
        if first > len(table.rows) or found["state"] != "receiving":
            return found
        sent = {"first": first, "rows": table.rows[first - 1 : first - 1 + ROWS_AT_ONCE]}
        found = await backing.edge.call(
            "register",
            "add_import_rows",
            call=call,
            timeout_s=PATIENCE_S,
            import_id=begun["id"],
            sent=sent,
        )
    return found


@router.get(
    "/{import_id:uuid}",
    summary="导入进度 · How far an import is",
    responses=shown(200, _JSON, "进度 · Progress") | problems(404),
    openapi_extra=_IMPORTING,
)
async def progress(backing: Backed, call: Asking, import_id: UUID) -> Response:
    """Return how many rows were checked, are wrong, and are written, to whoever sent them."""
    found = await backing.edge.call(
        "register", "record_import", call=call, import_id=str(import_id)
    )
    return answered(found)


@router.get(
    "/{import_id:uuid}/errors",
    summary="导入的问题（按行） · What is wrong, by row",
    responses=shown(200, Page, "一页 · A page") | problems(404),
    openapi_extra=_IMPORTING,
)
async def errors(
    backing: Backed, call: Asking, import_id: UUID, limit: PageSize = 50, cursor: Cursor = None
) -> Response:
    """Return the rows that will not do with all that is wrong with each, never what stood there."""
    page = await backing.edge.call(
        "register", "wrong_rows", call=call, import_id=str(import_id), limit=limit, cursor=cursor
    )
    return answered(page)


@router.post(
    "/{import_id:uuid}/confirm",
    summary="确认导入 · Confirm an import",
    responses=shown(200, _JSON, "进度 · Progress") | problems(404, 409, 413, 415),
    openapi_extra=_IMPORTING,
)
async def confirm(backing: Backed, call: Ordering, import_id: UUID) -> Response:
    """Let the rows of a table without errors be written, some at a time."""
    found = await backing.edge.call(
        "register", "confirm_import", call=call, import_id=str(import_id)
    )
    return answered(found)


@router.post(
    "/{import_id:uuid}/cancel",
    summary="放弃导入 · Give an import up",
    responses=shown(200, _JSON, "已放弃 · Given up") | problems(404, 409, 413, 415),
    openapi_extra=_IMPORTING,
)
async def cancel(backing: Backed, call: Ordering, import_id: UUID) -> Response:
    """Give up a table that was not confirmed, and all that stood in it."""
    found = await backing.edge.call(
        "register", "cancel_import", call=call, import_id=str(import_id)
    )
    return answered(found)


def _only_file(form: Form) -> Upload:
    if len(form.files) != 1:
        raise wrong_field("file", "one_file", "须上传且只上传一个文件", "send one file")
    return form.files[0]


def _kind_in(form: Form) -> str:
    kind = form.texts.get("kind", "")
    if kind not in _KINDS:
        words = ", ".join(_KINDS)
        raise wrong_field("kind", "unknown_kind", f"可选：{words}", f"one of: {words}")
    return kind
