"""Dead letters: events that no try got through, kept where a person can read and replay them."""

import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson
from kombu.exceptions import ChannelError
from nameko.messaging import Consumer
from sqlalchemy import Connection, insert, select

from shared.kernel.clock import china_now
from shared.kernel.errors import NotFound, RuleBroken
from shared.kernel.ids import new_id
from shared.runtime.bus_consumer import BusConsumer
from shared.runtime.publishing import Publisher
from shared.runtime.tables import dead_letter
from shared.runtime.topology import dead_letter_queue

Method = TypeVar("Method", bound=Callable[..., Any])

PAUSE_S = 1.0
# A body that is no JSON, in base64; what is in it nobody knows, so it is not shown.
UNREADABLE = "unreadable"
_WHY_BY_DEATH = {
    "rejected": "its body could not be read",
    "delivery_limit": "the worker died each time it was delivered",
}


class DeadLetterDoor(Consumer):
    """A nameko entrypoint for the service's own dead-letter queue."""

    queue_consumer = BusConsumer()

    def __init__(self, **options: Any) -> None:
        super().__init__(queue=None, requeue_on_error=True, **options)

    def setup(self) -> None:
        self.queue = dead_letter_queue(self.container.service_name)
        super().setup()

    def handle_unreadable(self, message: Any) -> None:
        """Keep what is no JSON as it came, in a form that is."""
        body = message.body
        raw = body if isinstance(body, bytes) else str(body).encode()
        unreadable = {"content_type": message.content_type, UNREADABLE: b64encode(raw).decode()}
        self.queue_consumer.handle_message(self, unreadable, message)

    def handle_result(
        self, message: Any, worker_ctx: Any, result: Any = None, exc_info: Any = None
    ) -> tuple[Any, Any]:
        """Put back what could not be kept: there is no other place for it."""
        if exc_info is not None:
            time.sleep(PAUSE_S)  # at once would be a hot loop
        answer: tuple[Any, Any] = super().handle_result(message, worker_ctx, result, exc_info)
        return answer


def on_dead_letter(method: Method) -> Method:
    """Call the method for each message that lands in the service's dead-letter queue."""
    return DeadLetterDoor.decorator()(method)  # type: ignore[no-any-return]


def keep(connection: Connection, headers: Mapping[str, Any], payload: Any) -> None:
    """Enter a dead letter into the table."""
    connection.execute(
        insert(dead_letter).values(
            id=new_id(),
            event_id=headers.get("event_id"),
            event_type=headers.get("event_type", "unknown"),
            queue=headers.get("queue") or _dead_from(headers),
            tries=int(headers.get("tries", 0)),
            reason=headers.get("reason") or _reason_of_death(headers),
            headers={name: value for name, value in headers.items() if name != "x-death"},
            payload=orjson.dumps(payload).decode(),
            died_at=china_now(),
        )
    )


def _dead_from(headers: Mapping[str, Any]) -> str:
    return str(_death(headers).get("queue", "unknown"))


def _reason_of_death(headers: Mapping[str, Any]) -> str:
    reason = str(_death(headers).get("reason", "unknown"))
    return _WHY_BY_DEATH.get(reason, reason)


def _death(headers: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the broker noted when the message last died."""
    deaths: list[Mapping[str, Any]] = headers.get("x-death") or [{}]
    return deaths[0]


def listed(
    connection: Connection, *, limit: int = 200, include_replayed: bool = False
) -> list[dict[str, Any]]:
    """Return the dead letters, newest first, without their bodies."""
    letters = select(dead_letter).order_by(dead_letter.c.died_at.desc()).limit(limit)
    if not include_replayed:
        letters = letters.where(dead_letter.c.replayed_at.is_(None))
    return [_shown(row) for row in connection.execute(letters)]


def shown(connection: Connection, letter_id: str) -> dict[str, Any]:
    """Return one dead letter, its body with personal fields masked."""
    row = _find(connection, letter_id)
    payload = orjson.loads(row.payload)
    is_closed_off = isinstance(payload, dict) and payload.get("compartment") is not None
    return _shown(row) | {"payload": _hidden(payload) if is_closed_off else masked(payload)}


def replay(connection: Connection, letter_id: str, publisher: Publisher) -> dict[str, Any]:
    """Send a dead letter back to the queue it died in; the inbox drops it if it was done after all.

    Raises:
        NotFound: there is no such dead letter.
        RuleBroken: it has been replayed, or its queue is gone.
    """
    row = _find(connection, letter_id)
    if row.replayed_at is not None:
        raise RuleBroken(
            code="dead_letter_replayed",
            zh="这条死信已经重放过。",
            en="This dead letter has been replayed already.",
        )
    headers = {k: v for k, v in row.headers.items() if k not in {"tries", "reason", "queue"}}
    try:
        publisher.publish(
            orjson.loads(row.payload),
            routing_key=row.queue,
            headers=headers,
            message_id=row.event_id,
            delivery_mode=2,
            mandatory=True,
        )
    except ChannelError:
        raise RuleBroken(
            code="queue_gone",
            zh=f"队列 {row.queue} 已不存在，处理程序可能已改名；请先恢复该队列再重放。",
            en=f"There is no queue {row.queue} any more; its handler may have been renamed. Restore it, then replay.",
        ) from None
    connection.execute(
        dead_letter.update().where(dead_letter.c.id == letter_id).values(replayed_at=china_now())
    )
    return _shown(row)


def _find(connection: Connection, letter_id: str) -> Any:
    row = connection.execute(select(dead_letter).where(dead_letter.c.id == letter_id)).first()
    if row is None:
        raise NotFound(
            code="no_such_dead_letter",
            zh="没有这条死信。",
            en="There is no dead letter of that id.",
        )
    return row


def _shown(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "event_type": row.event_type,
        "queue": row.queue,
        "tries": row.tries,
        "reason": row.reason,
        "aggregate_id": row.headers.get("aggregate_id"),
        "matter_no": row.headers.get("matter_no"),
        "died_at": row.died_at,
        "replayed_at": row.replayed_at,
    }


def masked(payload: Any) -> Any:
    """Return a body whose personal part shows only which fields it has."""
    if isinstance(payload, dict):
        return {
            name: _hidden(value) if name in ("personal", UNREADABLE) else masked(value)
            for name, value in payload.items()
        }
    if isinstance(payload, list):
        return [masked(item) for item in payload]
    return payload


def _hidden(personal: Any) -> Any:
    return dict.fromkeys(personal, "***") if isinstance(personal, dict) else "***"
