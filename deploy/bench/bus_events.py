"""Events over the bus, from the outbox to the committed effect, beside a bare loop on the same servers."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
from kombu import Connection, Exchange, Queue
from sqlalchemy import create_engine, insert

from deploy.bench.bus_stack import Stack
from deploy.bench.bus_words import AGGREGATES, EVENT_TYPE, make_tables
from shared.kernel.clock import china_now
from shared.kernel.ids import new_id
from shared.runtime.outbox import shard_of
from shared.runtime.publishing import Outgoing, Publisher, Window
from shared.runtime.tables import outbox

BATCH = 1000
PATIENCE_S = 300.0


def events_per_s(stack: Stack, events: int) -> float:
    """Return how many events a second reach their committed effect, from an outbox that is full."""
    for service in ("teller", "listener"):
        make_tables(stack.database_url(service), service)
    _fill_outbox(stack, events)
    listener = stack.start("listener")
    _until(lambda: _hears(stack))
    before = _heard(stack)
    teller = stack.start("teller")
    _until(lambda: _heard(stack) > before)
    began, first = time.perf_counter(), _heard(stack)
    _until(lambda: _heard(stack) >= before + events)
    seconds = time.perf_counter() - began
    for process in (teller, listener):
        process.terminate()
        process.wait()
    return (before + events - first) / seconds


def floor_per_s(stack: Stack, events: int) -> float:
    """Return what a bare loop does: take a message, one INSERT, commit, acknowledge."""
    connection = psycopg2.connect(stack.database_url("listener"))
    cursor = connection.cursor()
    cursor.execute(
        "CREATE TABLE IF NOT EXISTS floor (id serial PRIMARY KEY, number int, word text)"
    )
    connection.commit()
    done = 0

    def take(body: dict[str, Any], message: Any) -> None:
        nonlocal done
        cursor.execute(
            "INSERT INTO floor (number, word) VALUES (%s, %s)", (body["number"], body["word"])
        )
        connection.commit()
        message.ack()
        done += 1

    with Connection(stack.broker_url) as broker:
        queue = Queue("floor", durable=True, queue_arguments={"x-queue-type": "quorum"})
        bound = queue(broker.default_channel)
        bound.declare()
        _fill_queue(stack, events)
        with broker.Consumer(bound, callbacks=[take], accept=["json"]) as consumer:
            consumer.qos(prefetch_count=100)
            broker.drain_events()
            began, first = time.perf_counter(), done
            while done < events:
                broker.drain_events()
            seconds = time.perf_counter() - began
        bound.delete()
    connection.close()
    return (events - first) / seconds


def windows_per_s(stack: Stack, messages: int) -> float:
    """Return how many messages a second go out in windows of a hundred confirms."""
    with _sink(stack) as exchange:
        window = Window(stack.broker_url, exchange)
        outgoing = [
            Outgoing(message_id=new_id(), routing_key="sink", headers=_headers(n), body=_body(n))
            for n in range(messages)
        ]
        window.send(outgoing[:1])
        began = time.perf_counter()
        for first in range(0, messages, 100):
            window.send(outgoing[first : first + 100])
        seconds = time.perf_counter() - began
        window.close()
    return messages / seconds


def confirmed_each_per_s(stack: Stack, messages: int) -> float:
    """Return how many messages a second go out with a confirm waited for each."""
    with _sink(stack) as exchange:
        publisher = Publisher(stack.broker_url)
        _publish(publisher, exchange, 0)
        began = time.perf_counter()
        for number in range(messages):
            _publish(publisher, exchange, number)
        seconds = time.perf_counter() - began
    return messages / seconds


def _publish(publisher: Publisher, exchange: Exchange, number: int) -> None:
    publisher.publish(
        _body(number),
        exchange=exchange,
        routing_key="sink",
        headers=_headers(number),
        message_id=new_id(),
        delivery_mode=2,
        mandatory=True,
    )


class _sink:  # noqa: N801 – read as a word: with _sink(stack)
    """A quorum queue behind an exchange, which keeps what is published."""

    def __init__(self, stack: Stack) -> None:
        self._broker = Connection(stack.broker_url)

    def __enter__(self) -> Exchange:
        exchange = Exchange("bench.events", type="topic", durable=True)
        self._queue = Queue(
            "sink",
            exchange,
            routing_key="sink",
            durable=True,
            queue_arguments={"x-queue-type": "quorum"},
        )(self._broker.default_channel)
        self._queue.declare()
        return exchange

    def __exit__(self, *_: object) -> None:
        self._queue.delete()
        self._broker.release()


def _fill_queue(stack: Stack, events: int) -> None:
    default = Exchange("amq.topic", type="topic", durable=True)
    with Connection(stack.broker_url) as broker:
        Queue("floor", default, routing_key="floor")(broker.default_channel).bind_to(
            default, routing_key="floor"
        )
    window = Window(stack.broker_url, default)
    for numbers in _batches(events):
        window.send(
            [
                Outgoing(
                    message_id=new_id(), routing_key="floor", headers=_headers(n), body=_body(n)
                )
                for n in numbers
            ]
        )
    window.close()


def _fill_outbox(stack: Stack, events: int) -> None:
    engine = create_engine(stack.database_url("teller").replace("://", "+psycopg2://", 1))
    with engine.begin() as connection:
        for numbers in _batches(events):
            connection.execute(insert(outbox), [_row(number) for number in numbers])
    engine.dispose()


def _row(number: int) -> dict[str, Any]:
    who = f"teller {number % AGGREGATES}"
    return {
        "event_id": new_id(),
        "event_type": EVENT_TYPE,
        "aggregate_id": who,
        "sequence": number // AGGREGATES + 1,
        "occurred_at": china_now(),
        "headers": {},
        "payload": _body(number),
        "shard": shard_of(who),
    }


def _body(number: int) -> dict[str, Any]:
    return {"who": f"teller {number % AGGREGATES}", "number": number, "word": f"第{number}句"}


def _headers(number: int) -> dict[str, Any]:
    return {"event_id": new_id(), "event_type": EVENT_TYPE, "sequence": number}


def _batches(events: int) -> Iterator[range]:
    for first in range(0, events, BATCH):
        yield range(first, min(first + BATCH, events))


def _heard(stack: Stack) -> int:
    return int(_ask(stack, "listener", "SELECT count(*) FROM heard"))


def followed(stack: Stack) -> bool:
    """Tell whether command has taken every event that patrol told of incidents."""
    told = _ask(
        stack, "patrol", "SELECT count(*) FROM outbox WHERE event_type LIKE 'patrol.incident.%'"
    )
    waiting = _ask(stack, "patrol", "SELECT count(*) FROM outbox WHERE published_at IS NULL")
    entered = _ask(stack, "command", "SELECT count(*) FROM dossier_entry")
    return bool(waiting == 0 and told == entered)


def _ask(stack: Stack, service: str, question: str) -> Any:
    connection = psycopg2.connect(stack.database_url(service), options=f"-csearch_path={service}")
    try:
        cursor = connection.cursor()
        cursor.execute(question)
        [answer] = cursor.fetchone() or [None]
    finally:
        connection.close()
    return answer


def _hears(stack: Stack) -> bool:
    """Tell whether the listener stands ready: somebody consumes its queue."""
    with Connection(stack.broker_url) as broker:
        try:
            queue = broker.default_channel.queue_declare("evt--listener.hear_word", passive=True)
        except broker.channel_errors:
            return False
    return bool(queue.consumer_count)


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError("the events do not come; see the logs of the processes")
        time.sleep(0.05)
