"""A case for a process of its own, without eventlet: many threads share the in-process broker."""

import sys
import threading
import time
from functools import partial
from typing import Any

from kombu import Connection, Producer

from shared.runtime.in_process.broker import broker_of

URI = "inprocess://"
WRITERS, READERS, EACH = 4, 4, 500


def main() -> None:
    """Send messages from several threads to several threads; each must arrive and settle once."""
    assert "eventlet" not in sys.modules
    received: list[str] = []
    settled: list[str] = []
    with Connection(URI) as setup:
        setup.default_channel.queue_declare("work", durable=True, auto_delete=False)
        setup.default_channel.queue_declare(
            "rest",
            durable=True,
            auto_delete=False,
            arguments={
                "x-message-ttl": 20,
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": "work",
            },
        )
    threads = [threading.Thread(target=_write, args=(n, settled)) for n in range(WRITERS)]
    threads += [threading.Thread(target=_read, args=(received,)) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    wanted = sorted(f"{writer}-{number}" for writer in range(WRITERS) for number in range(EACH))
    assert sorted(received) == wanted, f"{len(received)} of {len(wanted)} arrived"
    assert sorted(settled) == wanted, f"{len(settled)} of {len(wanted)} settled"
    sys.stdout.write("ok\n")


def _write(writer: int, settled: list[str]) -> None:
    with Connection(URI) as connection:
        producer = Producer(connection)
        for number in range(EACH):
            message_id = f"{writer}-{number}"
            broker_of(URI).when_settled(message_id, partial(settled.append, message_id))
            queue = "rest" if number % 10 == 0 else "work"
            producer.publish(message_id, routing_key=queue, message_id=message_id)


def _read(received: list[str]) -> None:
    with Connection(URI) as connection:
        channel = connection.default_channel
        channel.basic_qos(0, 5, False)

        def take(message: Any) -> None:
            if message.delivery_info["delivery_tag"] % 7 == 0 and not redelivered(message):
                channel.basic_reject(message.delivery_info["delivery_tag"], requeue=True)
                return
            received.append(message.body)
            channel.basic_ack(message.delivery_info["delivery_tag"])

        channel.basic_consume("work", callback=take)
        deadline = time.monotonic() + 30
        while len(received) < WRITERS * EACH and time.monotonic() < deadline:
            try:
                connection.drain_events(timeout=0.2)
            except TimeoutError:
                continue


def redelivered(message: Any) -> bool:
    return bool(message.delivery_info["redelivered"])


if __name__ == "__main__":
    main()
