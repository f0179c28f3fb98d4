"""Declares the queue of every handler of events, before a service tells any: `python -m deploy.event_queues`.

What one queue wants counts as told. An event that some listen to already would be lost to those whose
process comes up a moment later; with their queues there, it waits.
"""

import deploy.green  # noqa: F401 – before everything else  # isort: skip

import inspect
import sys
from collections.abc import Callable, Iterator

from kombu.exceptions import KombuError, OperationalError
from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

from deploy.services import SERVICES, service_class
from shared.runtime.bus_connection import bus_connection
from shared.runtime.event_door import EventDoor
from shared.runtime.settings import SettingsInvalid, load_settings
from shared.runtime.topology import handler_queue


def event_doors(service: str) -> Iterator[tuple[str, EventDoor]]:
    """Yield a service's handlers of events by their method's name."""
    for name, method in inspect.getmembers(service_class(service), inspect.isfunction):
        for door in getattr(method, ENTRYPOINT_EXTENSIONS_ATTR, ()):
            if isinstance(door, EventDoor):
                yield name, door


def declare_event_queues(url_of: Callable[[str], str]) -> None:
    """Declare the queues of all services, each as its own user; nothing changes where they are.

    Raises:
        KombuError: the broker is away or refuses.
    """
    for service in SERVICES:
        with bus_connection(url_of(service)) as connection:
            connection.ensure_connection(max_retries=3, interval_start=1)
            channel = connection.channel()
            for method, door in event_doors(service):
                queue = handler_queue(service, method, door.contracts, keeps_order=door.keeps_order)
                queue.bind(channel).declare()


def main() -> int:
    """Declare them on the broker of the settings; return the exit code."""
    try:
        declare_event_queues(load_settings().service_broker_url)
    except SettingsInvalid as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    except (KombuError, OperationalError, OSError) as error:
        sys.stderr.write(
            "消息服务不可用，未能建立事件队列；请检查其地址与日志。 · "
            f"The broker is away or refuses, so events have no queues: {type(error).__name__}.\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
