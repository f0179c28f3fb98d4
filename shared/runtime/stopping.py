"""Stopping a service: what it holds is finished and acknowledged, nothing new is taken.

nameko leaves the broker as soon as its last consumer is cancelled, whether or not workers still
run: what they then finish cannot be acknowledged, and is done a second time by somebody else. And
with the broker away its `stop` waits until the broker is back. Here the connection is held until
the last worker is done, and nothing is waited for that cannot come.
"""

import time
from typing import Any, Self

import eventlet
from nameko.messaging import QueueConsumer

LOOK_EVERY_S = 0.02
# nameko looks once a second whether it shall stop; much longer means that the broker is away.
LONGEST_FAREWELL_S = 3.0


class _Held:
    """Takes a consumer's place among nameko's, so that the connection stays while workers run."""

    # A service that stops does not listen.
    channel = None

    def cancel(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def is_listening(container: Any) -> bool:
    """Tell whether every door of the container that the broker serves is connected to it."""
    consumers = [
        consumer
        for queues in _queue_consumers(container)
        for consumer in queues._consumers.values()
    ]
    return bool(consumers) and all(
        consumer.channel is not None
        and consumer.channel.connection is not None
        and consumer.channel.connection.connected
        for consumer in consumers
    )


def holds_work(container: Any) -> bool:
    """Tell whether a worker runs, or a message waits for one."""
    return container._worker_pool.running() > 0 or any(
        ".handle_message[" in name for name in container._managed_threads.values()
    )


def held_work(container: Any) -> list[str]:
    """Return the methods that workers are in at this moment, for whoever loses patience with them."""
    return sorted(worker.entrypoint.method_name for worker in container._worker_threads)


def stop_gracefully(container: Any) -> None:
    """Take nothing new, and return when what the container holds is finished.

    With the broker away that is when no worker runs any more: what was not acknowledged will be
    delivered again. Whoever calls this sets the end of its own patience.
    """
    held = _Held()
    for queues in _queue_consumers(container):
        queues._consumers[held] = held
    stopping = eventlet.spawn(container.stop)
    idle_since = None
    while not stopping.dead:
        if holds_work(container):
            idle_since = None
        elif idle_since is None:
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since > LONGEST_FAREWELL_S:
            return
        elif _has_only(held, container) and not _settles(container):
            for queues in _queue_consumers(container):
                del queues._consumers[held]
                queues.should_stop = True
        time.sleep(LOOK_EVERY_S)


def _has_only(held: _Held, container: Any) -> bool:
    """Tell whether all doors have stopped listening, and only we keep the connection."""
    return all(list(queues._consumers) == [held] for queues in _queue_consumers(container))


def _settles(container: Any) -> bool:
    """Tell whether a door still puts off or gives back what it had taken."""
    return "events" in container._managed_threads.values()


def _queue_consumers(container: Any) -> list[Any]:
    return [each for each in container.extensions if isinstance(each, QueueConsumer)]
