"""The live stream: server-sent events that a client may resume."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

import orjson
import structlog
from fastapi import APIRouter, Header, Query, Security
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.clients.live_feed import CLOSED_OFF, Entry, LiveFeed
from services.gateway.routes.backing import Backed, Backing
from services.gateway.routes.documents import EVERYWHERE, raw
from services.gateway.routes.doors import API, SignedInDoor
from services.gateway.routes.needs import needs
from services.gateway.routes.parameters import PlaceFilter
from services.gateway.routes.problems import wrong_field
from services.gateway.routes.signed_in import SIGN_IN, SignedInBearer
from services.gateway.store.access_tokens import Bearer
from shared.kernel.compartment import admits
from shared.kernel.errors import Refusal, Unavailable
from shared.kernel.rights import Permission

log = structlog.get_logger()

router = APIRouter(
    prefix=API,
    route_class=SignedInDoor,
    tags=["stream"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)

HEARTBEAT_S = 15
# A client that takes nothing for so long is gone, or will resume.
SEND_TIMEOUT_S = 30
MOST_CLIENTS = 1000
_RETRY_MS = 3000


@router.get(
    "/stream",
    summary="实时动态 · The live stream",
    responses=raw(200, "text/event-stream", "事件流 · Events"),
    response_class=Response,
    openapi_extra=needs(Permission.STREAM_FOLLOW),
)
async def stream(
    request: Request,
    backing: Backed,
    bearer: SignedInBearer,
    place: PlaceFilter = None,
    topics: Annotated[
        str | None, Query(max_length=500, description="逗号分隔 · separated by commas")
    ] = None,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> EventSourceResponse:
    """Send what happens under a place as it happens: `event` is the topic, `data` is JSON.

    断线后带 `Last-Event-ID` 重连即可续传；令牌只放在 Authorization 头里。 ·
    Resume with `Last-Event-ID`. The token goes into the header, never into the address.
    """
    if backing.feed.clients >= MOST_CLIENTS:
        raise _too_many()
    position = await backing.feed.start_after(_number(last_event_id))
    wanted = _Wanted(backing.feed, bearer, place, topics)
    return EventSourceResponse(
        _events(request, backing, wanted, position),
        ping=HEARTBEAT_S,
        ping_message_factory=lambda: ServerSentEvent(comment="heartbeat"),
        send_timeout=SEND_TIMEOUT_S,
        sep="\n",
    )


class _Wanted:
    """Which entries one client gets."""

    def __init__(
        self, feed: LiveFeed, bearer: Bearer, place: str | None, topics: str | None
    ) -> None:
        self._feed = feed
        self._actor = bearer.actor
        self._place = place
        self._topics = frozenset(filter(None, (topics or "").split(",")))

    def __contains__(self, entry: Entry) -> bool:
        return (
            entry.topic != CLOSED_OFF
            and self._actor.reaches(entry.codes, Permission.STREAM_FOLLOW)
            and admits(self._feed.compartment_of(entry), self._actor)
            and (self._place is None or self._place in entry.codes)
            and (not self._topics or entry.topic in self._topics)
        )


async def _events(
    request: Request, backing: Backing, wanted: _Wanted, position: int
) -> AsyncIterator[ServerSentEvent]:
    backing.metrics.streams.inc()
    try:
        # Sent at once, so that a client knows it is on, and from where a resume would start.
        yield ServerSentEvent(id=str(position), retry=_RETRY_MS, comment="following")
        async with aclosing(backing.feed.follow(position)) as entries:
            async for entry in entries:
                await backing.guard.bearer(request.headers.get("authorization"))
                if entry is not None and entry in wanted:
                    yield _event(entry)
    except Refusal as refusal:
        # Signed out, expired, or the past cannot be had: the client resumes, or signs in anew.
        log.info("stream_ended", reason=refusal.code)
    finally:
        backing.metrics.streams.dec()


def _event(entry: Entry) -> ServerSentEvent:
    return ServerSentEvent(
        id=str(entry.id), event=entry.topic, data=orjson.dumps(entry.data).decode()
    )


def _number(last_event_id: str | None) -> int | None:
    if last_event_id is None or not last_event_id.strip():
        return None
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 16):
        raise wrong_field(
            "Last-Event-ID",
            "wrong",
            "应为收到的最后一个事件的 id",
            "has to be the id of the last event received",
        )
    return int(last_event_id)


def _too_many() -> Unavailable:
    return Unavailable(
        code="too_many_streams",
        zh="实时连接过多，请稍后再试。",
        en="Too many clients are on the live stream; try again in a moment.",
    )
