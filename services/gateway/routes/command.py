"""The command centre: the board, a matter's story, and what an administrator mends."""

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Security
from pydantic import AwareDatetime
from starlette.responses import Response

from services.gateway.routes.answers import answered, listed
from services.gateway.routes.backing import Backed, Backing
from services.gateway.routes.documents import EVERYWHERE, Page, problems, shown
from services.gateway.routes.doors import API, LongDoor, SignedInDoor
from services.gateway.routes.idempotency import Ordering
from services.gateway.routes.needs import needs
from services.gateway.routes.parameters import Cursor, PageSize, PlaceFilter
from services.gateway.routes.problems import no_such_thing
from services.gateway.routes.signed_in import SIGN_IN, Asking
from services.gateway.routes.wire import wired
from shared.contracts.command import ClockFilter
from shared.kernel.errors import Refusal
from shared.kernel.rights import Permission
from shared.runtime.call import Call

router = APIRouter(
    prefix=API,
    route_class=SignedInDoor,
    tags=["command"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
long_router = APIRouter(
    prefix=API,
    route_class=LongDoor,
    tags=["command"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)

SERVICES = ("grid", "patrol", "register", "command")
REBUILD_PATIENCE_S = 300
_JSON = dict[str, Any]

LetterId = Annotated[
    str, Path(max_length=100, description="<service>:<id>，取自死信列表 · from the list")
]


@router.get(
    "/command/board",
    summary="态势看板 · The board",
    responses=shown(200, _JSON, "按状态与类别计数 · Counts by state and category") | problems(404),
    openapi_extra=needs(Permission.BOARD_READ),
)
async def board(
    backing: Backed,
    call: Asking,
    place: PlaceFilter = None,
    period: Annotated[
        str, Query(max_length=40, description="today, 7d, all, 2026-11-01..2026-11-23")
    ] = "7d",
) -> Response:
    """Return the counts of a place and of each area under it; without `place`, of one's own."""
    counts = await backing.edge.call("command", "board", call=call, place=place, period=period)
    return answered(counts)


@router.get(
    "/command/clocks",
    summary="在计时限 · Clocks that run",
    responses=shown(200, Page, "一页 · A page"),
    openapi_extra=needs(Permission.MATTER_READ),
)
async def clocks(
    backing: Backed,
    call: Asking,
    due_before: Annotated[
        AwareDatetime | None,
        Query(description="在此之前到期（含已超期） · due before, those overdue among them"),
    ] = None,
    place: PlaceFilter = None,
    kind: Annotated[
        list[str] | None,
        Query(max_length=20, description="accept, dispatch, on_site, handle, return, supervise"),
    ] = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> Response:
    """Return the limits that run, the next due first, each with its colour and its matter.

    中止中的时限没有届满日，不在其列。 · One that is suspended has no date, and is not among them.
    """
    where = ClockFilter(due_before=due_before, place=place, kind=kind or [])
    page = await backing.edge.call(
        "command", "clocks_due", call=call, where=wired(where), limit=limit, cursor=cursor
    )
    return answered(page)


@router.get(
    "/matters/{matter_no}",
    summary="一案到底 · The whole story of a matter",
    responses=shown(200, _JSON, "案卷 · The dossier") | problems(404),
    openapi_extra=needs(Permission.MATTER_READ),
)
async def matter(
    backing: Backed, call: Asking, matter_no: Annotated[str, Path(max_length=40)]
) -> Response:
    """Return what every service said about a matter, by its number."""
    story = await backing.edge.call("command", "dossier", call=call, matter_no=matter_no)
    return answered(story)


@router.get(
    "/search",
    summary="检索 · Search",
    responses=shown(200, Page, "一页 · A page"),
    openapi_extra=needs(Permission.MATTER_READ),
)
async def search(
    backing: Backed,
    call: Asking,
    q: Annotated[
        str,
        Query(
            min_length=1,
            max_length=100,
            description="编号、地名、编码或文字，以空格分开的都须有 · "
            "a number, a place's name or code, or text; all that is parted by spaces has to be there",
        ),
    ],
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> Response:
    """Return the matters the caller reaches that hold what is asked for, newest first.

    编号完全相符的排在最前；`matched` 列出相符的字段。 · One whose number is asked for comes first; `matched` names
    the fields that hold it.
    """
    page = await backing.edge.call("command", "search", call=call, q=q, limit=limit, cursor=cursor)
    return answered(page)


@router.get(
    "/command/deadletters",
    summary="死信列表 · Dead letters",
    responses=shown(200, _JSON, "死信 · Dead letters") | problems(403),
    openapi_extra=needs(Permission.DEAD_LETTERS_MEND),
)
async def dead_letters(backing: Backed, call: Asking, include_replayed: bool = False) -> Response:
    """Return the events that no try got through; `away` names services that did not answer.

    `unsent` counts what waits in the outboxes: `unroutable` are those that no queue wanted when they
    were last offered, because their handler has not been started or was renamed.
    """
    asked = [
        _of(backing, service, call, "dead_letters", include_replayed=include_replayed)
        for service in SERVICES
    ]
    found = dict(zip(SERVICES, await asyncio.gather(*asked), strict=True))
    waiting = await asyncio.gather(
        *(_of(backing, service, call, "unsent_events") for service in SERVICES)
    )
    letters = [
        letter | {"id": f"{service}:{letter['id']}", "service": service}
        for service, of_service in found.items()
        for letter in of_service or ()
    ]
    letters.sort(key=lambda letter: str(letter["died_at"]), reverse=True)
    away = [service for service, of_service in found.items() if of_service is None]
    unsent = [
        {"service": service} | of_type
        for service, of_service in zip(SERVICES, waiting, strict=True)
        for of_type in of_service or ()
    ]
    return answered(listed(letters) | {"away": away, "unsent": unsent})


@router.get(
    "/command/deadletters/{letter_id}",
    summary="死信详情 · One dead letter",
    responses=shown(200, _JSON, "死信 · The dead letter") | problems(403, 404),
    openapi_extra=needs(Permission.DEAD_LETTERS_MEND),
)
async def dead_letter(backing: Backed, call: Asking, letter_id: LetterId) -> Response:
    """Return a dead letter with its body, personal fields masked."""
    service, its_id = _split(letter_id)
    letter = await backing.edge.call(service, "dead_letter", call=call, letter_id=its_id)
    return answered(letter | {"id": letter_id, "service": service})


@router.post(
    "/command/deadletters/{letter_id}/replay",
    summary="重放死信 · Replay a dead letter",
    responses=shown(200, _JSON, "已送回 · Sent back") | problems(403, 404, 409),
    openapi_extra=needs(Permission.DEAD_LETTERS_MEND),
)
async def replay(backing: Backed, call: Ordering, letter_id: LetterId) -> Response:
    """Send a dead letter back to the handler it was meant for."""
    service, its_id = _split(letter_id)
    letter = await backing.edge.call(service, "replay_dead_letter", call=call, letter_id=its_id)
    return answered(letter | {"id": letter_id, "service": service})


@long_router.post(
    "/command/rebuild",
    summary="重建读模型 · Rebuild the read models",
    responses=shown(200, _JSON, "已重建 · Rebuilt") | problems(403),
    openapi_extra=needs(Permission.MODELS_REBUILD),
)
async def rebuild(backing: Backed, call: Ordering) -> Response:
    """Make the board and the dossiers anew from everything the services have told."""
    rebuilt = await backing.edge.call(
        "command", "rebuild_read_models", call=call, timeout_s=REBUILD_PATIENCE_S
    )
    return answered(rebuilt)


async def _of(
    backing: Backing, service: str, call: Call, question: str, **asked: Any
) -> Iterable[_JSON] | None:
    """Return a service's answer, or None when it is away."""
    try:
        answer: list[_JSON] = await backing.edge.call(service, question, call=call, **asked)
    except Refusal:
        return None
    return answer


def _split(letter_id: str) -> tuple[str, str]:
    service, _, its_id = letter_id.partition(":")
    if service not in SERVICES or not its_id:
        raise no_such_thing()
    return service, its_id
