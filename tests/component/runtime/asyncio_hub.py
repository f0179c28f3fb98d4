"""A case for a process of its own: nameko on the in-process broker beside an asyncio loop."""

import deploy.green  # noqa: F401 – before everything else  # isort: skip

import asyncio
import sys
from typing import Any

import eventlet
import eventlet.asyncio
from nameko.events import EventDispatcher
from nameko.runners import ServiceRunner
from nameko.standalone.rpc import ServiceRpcProxy

from shared.runtime.in_process.broker import SCHEME
from tests.component.runtime.nameko_doors import event_handler, rpc

CONFIG = {"AMQP_URI": f"{SCHEME}://"}
HEARD: list[int] = []


class Teller:
    name = "teller"
    tell = EventDispatcher()

    @rpc
    def say(self, number: int) -> int:
        self.tell("said", {"number": number})
        return number


class Listener:
    name = "listener"

    @event_handler("teller", "said")
    def on_said(self, event: dict[str, Any]) -> None:
        HEARD.append(event["number"])


async def ask() -> list[int]:
    """Ask from coroutines, each waiting for a green thread's answer, while the loop goes on."""
    loop = asyncio.get_running_loop()

    def answer(number: int, future: asyncio.Future[int]) -> None:
        with ServiceRpcProxy("teller", CONFIG, timeout=10) as teller:
            future.set_result(teller.say(number))

    futures = []
    for number in range(20):
        futures.append(loop.create_future())
        eventlet.spawn(answer, number, futures[-1])
    answers = await asyncio.gather(*futures)
    while len(HEARD) < len(futures):
        await asyncio.sleep(0.01)
    return answers


def main() -> None:
    assert type(eventlet.hubs.get_hub()).__module__ == "eventlet.hubs.asyncio"
    runner = ServiceRunner(CONFIG)
    for service in (Teller, Listener):
        runner.add_service(service)
    runner.start()
    answers = eventlet.asyncio.spawn_for_awaitable(ask()).wait()
    runner.kill()
    assert answers == sorted(HEARD) == list(range(20)), (answers, HEARD)
    sys.stdout.write("ok\n")


if __name__ == "__main__":
    main()
