"""Dead letters: events that no try got through, kept where a person can read and replay them."""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from kombu.exceptions import ChannelError
from nameko.messaging import Consumer
from pydantic_core import to_jsonable_python
from sqlalchemy import Connection, delete, insert, select

from shared.kernel.clock import china_now
from shared.kernel.errors import NotFound, RuleBroken
from shared.kernel.ids import new_id
from shared.runtime.bus_consumer import BusConsumer
from shared.runtime.keyring import KeyMissing
from shared.runtime.publishing import Publisher
from shared.runtime.sealed_columns import sealer_for
from shared.runtime.sealing import SealBroken
from shared.runtime.tables import dead_letter
from shared.runtime.topology import dead_letter_queue

Method = TypeVar("Method", bound=Callable[..., Any])

PAUSE_S = 1.0
UNKNOWN = "unknown"
MOST_TRIES = 1_000
DEEPEST = 40
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
    """Enter a dead letter into the table, whatever its headers hold: there is no other place for it."""
    connection.execute(
        insert(dead_letter).values(
            id=new_id(),
            event_id=_fitting(headers.get("event_id"), "event_id"),
            event_type=_fitting(headers.get("event_type"), "event_type") or UNKNOWN,
            queue=_fitting(headers.get("queue"), "queue") or _dead_from(headers),
            tries=tries_of(headers),
            reason=_fitting(headers.get("reason"), "reason") or _reason_of_death(headers),
            headers=_kept(headers),
            # As it came: what its teller signed is the body with its personal part sealed.
            payload=json.dumps(payload, ensure_ascii=True),
            died_at=china_now(),
        )
    )


def _opened(connection: Connection, event_type: str, payload: Any) -> Any:
    """Return a body with its personal part open, or as it is when that does not open."""
    try:
        return sealer_for(connection.dialect).opened_body(event_type, payload)
    except (SealBroken, KeyMissing):
        return payload


def drop_about(connection: Connection, aggregate_id: str) -> None:
    """Delete the dead letters about something of which no text is kept any longer."""
    about = dead_letter.c.headers["aggregate_id"].as_string()
    connection.execute(delete(dead_letter).where(about == aggregate_id))


def tries_of(headers: Mapping[str, Any]) -> int:
    """Return how often a message was tried; what is no such number was not written by us."""
    tries = headers.get("tries")
    return tries if isinstance(tries, int) and 0 <= tries < MOST_TRIES else 0


def _fitting(value: Any, column: str) -> str | None:
    """Return *value* when it is a text that *column* can hold."""
    if not isinstance(value, str) or "\x00" in value:
        return None
    length = getattr(dead_letter.c[column].type, "length", None)
    return value if length is None or len(value) <= length else None


def _kept(headers: Mapping[str, Any]) -> Any:
    """Return the headers as JSON can hold them."""
    kept = {name: value for name, value in headers.items() if name != "x-death"}
    return to_jsonable_python(kept, fallback=str, bytes_mode="base64")


def _dead_from(headers: Mapping[str, Any]) -> str:
    return _fitting(_death(headers).get("queue"), "queue") or UNKNOWN


def _reason_of_death(headers: Mapping[str, Any]) -> str:
    reason = _fitting(_death(headers).get("reason"), "reason") or UNKNOWN
    return _WHY_BY_DEATH.get(reason, reason)


def _death(headers: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the broker noted when the message last died."""
    deaths = headers.get("x-death")
    last = deaths[0] if isinstance(deaths, list) and deaths else None
    return last if isinstance(last, Mapping) else {}


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
    payload = _opened(connection, row.event_type, json.loads(row.payload))
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
            json.loads(row.payload),
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


def masked(payload: Any, depth: int = 0) -> Any:
    """Return a body whose personal part shows only which fields it has.

    What no answer can hold is shown as text: numbers of more than 64 bits, and what is nested deeper
    than any event is.
    """
    if depth > DEEPEST:
        return "…"
    if isinstance(payload, dict):
        return {
            name: _hidden(value) if name in ("personal", UNREADABLE) else masked(value, depth + 1)
            for name, value in payload.items()
        }
    if isinstance(payload, list):
        return [masked(item, depth + 1) for item in payload]
    return f"{payload:,}" if _is_too_long(payload) else payload


def _is_too_long(value: Any) -> bool:
    return isinstance(value, int) and value.bit_length() >= 64


def _hidden(personal: Any) -> Any:
    return dict.fromkeys(personal, "***") if isinstance(personal, dict) else "***"
