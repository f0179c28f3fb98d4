"""Files: uploaded first, referred to by id, given out with what they are part of."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, BinaryIO
from uuid import UUID

from fastapi import APIRouter, Query, Security
from starlette.responses import Response, StreamingResponse

from services.gateway.domain.kept_file import EXTENSIONS
from services.gateway.routes.answers import answered, has_copy
from services.gateway.routes.backing import Backed, Backing
from services.gateway.routes.documents import (
    EVERYWHERE,
    FILE,
    FileKept,
    multipart,
    problems,
    raw,
    shown,
)
from services.gateway.routes.doors import API, LimitedRequest, SignedInDoor, UploadDoor
from services.gateway.routes.idempotency import IdempotencyKey, command_call
from services.gateway.routes.multipart import Form, Upload, read_form
from services.gateway.routes.needs import needs
from services.gateway.routes.problems import no_such_thing, wrong_field
from services.gateway.routes.signed_in import SIGN_IN, Asking, SignedInBearer
from shared.kernel.rights import Permission
from shared.runtime.call import Call
from shared.runtime.edge import Edge

router = APIRouter(
    prefix=f"{API}/files",
    route_class=SignedInDoor,
    tags=["files"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
upload_router = APIRouter(
    prefix=f"{API}/files",
    route_class=UploadDoor,
    tags=["files"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
_CHUNK = 1 << 18


@upload_router.post(
    "",
    status_code=201,
    summary="上传文件 · Upload a file",
    responses=shown(201, FileKept, "已保存 · Kept") | problems(413, 415),
    openapi_extra=needs(Permission.FILE_KEEP) | multipart({"file": FILE}, ["file"]),
)
async def upload(
    request: LimitedRequest,
    backing: Backed,
    bearer: SignedInBearer,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Keep one JPEG, PNG, WebP, PDF or MP4; what it is follows from its content, not its name.

    图片去除 EXIF、定位等元数据并按方向摆正；`sha256` 是所存内容的摘要。 ·
    Images lose EXIF, place and other metadata and are turned upright; `sha256` is of what is kept.
    """
    limit_mb = backing.settings.upload_limit_mb
    with await read_form(request, backing.edge, backing.incoming, limit_mb) as form:
        only = _only_file(form)
        call = command_call(request, bearer, idempotency_key, only.digest.encode())
        kept = await backing.edge.run(lambda: backing.desk.keep_file(only.content, call))
    return answered(kept, 201)


@router.get(
    "/{file_id}",
    summary="取文件 · Get a file",
    response_class=Response,
    responses=raw(200, "application/octet-stream", "文件内容 · The file") | problems(404),
    openapi_extra=needs(Permission.FILE_READ),
)
async def download(
    request: LimitedRequest,
    backing: Backed,
    call: Asking,
    file_id: UUID,
    of: Annotated[
        UUID | None, Query(description="所属事件的编号 · the id of the incident it is part of")
    ] = None,
) -> Response:
    """Return a kept file, as an attachment.

    本人上传的可直接取；他人的须注明 `of` 所属事件，并有权查看该事件。 · One's own can be had as it is; for others'
    `of` names an incident that holds it and that one may see.
    """
    row = await backing.edge.run(lambda: backing.desk.file_row(str(file_id)))
    if row is None or not await _may_have(backing, call, row, of):
        raise no_such_thing()
    tag = f'"{row["digest"]}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=86400, immutable"}
    if has_copy(request, tag):
        return Response(status_code=304, headers=headers)
    content = await _opened(backing, row["digest"])
    headers["Content-Length"] = str(row["size"])
    extension = EXTENSIONS[row["media_type"]]
    headers["Content-Disposition"] = f'attachment; filename="{file_id}.{extension}"'
    return StreamingResponse(
        _chunks(backing.edge, content), media_type=row["media_type"], headers=headers
    )


async def _may_have(
    backing: Backing, call: Call, row: dict[str, Any], incident_id: UUID | None
) -> bool:
    """Tell whether the caller uploaded the file, or may see the incident it is part of."""
    if row["uploaded_by"] == call.actor.account:
        return True
    if incident_id is None:
        return False
    found = await backing.edge.call("patrol", "incident", call=call, incident_id=str(incident_id))
    parts = [found, *found["steps"]]
    return any(row["id"] in (*part["files"], *part.get("before", ())) for part in parts)


def _only_file(form: Form) -> Upload:
    if len(form.files) != 1:
        raise wrong_field(
            "file", "one_file", "每次上传恰好一个文件", "upload exactly one file at a time"
        )
    return form.files[0]


async def _opened(backing: Backing, digest: str) -> BinaryIO:
    path = backing.blobs.path(digest)
    try:
        return await backing.edge.run(lambda: path.open("rb"))
    except FileNotFoundError:
        raise no_such_thing() from None


async def _chunks(edge: Edge, content: BinaryIO) -> AsyncIterator[bytes]:
    with content:
        while chunk := await edge.run(lambda: content.read(_CHUNK)):
            yield chunk
