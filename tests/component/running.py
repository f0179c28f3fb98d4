"""Services running in this process, on a broker and on databases of their own."""

import socket
import tempfile
import threading
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from kombu import Connection, Queue, pools
from nameko.messaging import QueueConsumer
from nameko.runners import ServiceRunner
from sqlalchemy import ColumnElement, MetaData, Select, Table, func, select

from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.rights import Role
from shared.runtime.call import Call, CommandKey
from shared.runtime.database import ServiceDatabase, close_databases, database_of
from shared.runtime.doors import Doors
from shared.runtime.identity import EDGE, identity_of
from shared.runtime.in_process.broker import broker_of
from shared.runtime.keyring import KeyFile
from shared.runtime.relay import RelayOfService
from shared.runtime.rpc_client import RpcCaller, caller_for, close_callers
from shared.runtime.settings import Settings
from shared.runtime.topology import events_exchange
from tests.brokers import eventually
from tests.databases import CREDENTIALS

# One for all tests of this process: what one of them poured into a mould, another one reads.
_FOLDER = tempfile.TemporaryDirectory(prefix="wangge-keyring-")
_KEYRING = Path(_FOLDER.name) / "keyring.json"
KeyFile(_KEYRING).make()
# Whoever may do everything everywhere: tests of rights name another.
EVERYBODY = Actor.of("everybody", *Role, place_code=WHOLE_TREE)


class OwnBroker(Settings):
    """Settings of one test: the broker in this process has many names, each a broker of its own."""

    broker: str

    @property
    def is_embedded(self) -> bool:
        return self.broker.startswith("inprocess:")

    @property
    def broker_url(self) -> str:
        return self.broker


def own_settings(data: Path, **changed: Any) -> OwnBroker:
    """Return settings under which events that fail are soon tried again."""
    chosen: dict[str, Any] = {
        "broker": f"inprocess://test-{uuid.uuid4().hex[:12]}/",
        "retry_delays_s": (0.02, 0.05),
        "rpc_timeout_s": 5,
        "keyring": _KEYRING,
        "credentials": data / CREDENTIALS if (data / CREDENTIALS).exists() else None,
    }
    return OwnBroker(data=data, **(chosen | changed))


class Running:
    """Some services, started and asked, and crashed as often as a test wants."""

    def __init__(self, settings: OwnBroker) -> None:
        self.settings = settings
        self.may_relay = threading.Event()
        self._runners: list[ServiceRunner] = []
        self._caller: RpcCaller | None = None

    def start(self, *services: type[Doors], workers: int = 10, relays: bool = True) -> None:
        """Start some services; their relays begin when all of them listen, or not yet."""
        self.may_relay.clear()
        config = {
            "AMQP_URI": self.settings.broker_url,
            "settings": self.settings,
            "may_relay": self.may_relay,
            "max_workers": workers,
        }
        runner = ServiceRunner(config)
        for service in services:
            runner.add_service(service)
        self._runners.append(runner)
        runner.start()
        if relays:
            self.may_relay.set()

    def containers(self) -> list[Any]:
        return [container for runner in self._runners for container in runner.containers]

    def crash(self) -> None:
        """End every service at once, as a power cut would: the broker in the process forgets."""
        close_callers()
        for container in self.containers():
            cut_off(container)
        if self.settings.is_embedded:
            broker_of(self.settings.broker_url).reset()
        while self._runners:
            self._runners.pop().kill()
        # A worker may have asked a neighbour while it was ended.
        close_callers()
        pools.reset()
        close_databases()
        self._caller = None

    def lose_broker(self) -> None:
        """Break every connection to the broker, and take from it all that does not outlive them."""
        if self.settings.is_embedded:
            broker_of(self.settings.broker_url).reset()
        for container in self.containers():
            break_connections(container)
        if self._caller is not None and self._caller._channel is not None:
            _break(self._caller._channel.connection)

    def ask(
        self,
        service: str,
        method: str,
        *,
        actor: Actor = EVERYBODY,
        key: str | None = None,
        fingerprint: str = "the same body",
        about: str | None = None,
        timeout_s: float = 5,
        **arguments: Any,
    ) -> Any:
        """Return what *service* answers to the edge, about a matter; raises the refusal it gives."""
        if self._caller is None:
            self._caller = caller_for(self.settings.broker_url)
        command = None if key is None else CommandKey(key=key, fingerprint=fingerprint)
        call = identity_of(self.settings, EDGE).vouched(
            Call(actor=actor, command=command, matter_no=about)
        )
        return self._caller.call(service, method, arguments, call=call, timeout_s=timeout_s)

    def has_queue(self, name: str) -> bool:
        """Tell whether the broker has a queue of that name."""
        with Connection(self.settings.broker_url) as connection:
            try:
                connection.default_channel.queue_declare(name, passive=True)
            except connection.channel_errors:
                return False
        return True

    def database(self, service: str) -> ServiceDatabase:
        return database_of(self.settings, service)

    def make_tables(self, service: str, metadata: MetaData) -> None:
        with self.database(service).writing() as connection:
            metadata.create_all(connection)

    def rows(self, service: str, wanted: Select[Any] | Table) -> Sequence[Any]:
        """Return what lies in the database of *service* at this moment."""
        question = select(wanted) if isinstance(wanted, Table) else wanted
        with self.database(service).reading() as connection:
            return connection.execute(question).all()

    def count(self, service: str, table: Table, *where: ColumnElement[bool]) -> int:
        [(count,)] = self.rows(service, select(func.count()).select_from(table).where(*where))
        return int(count)


def cut_off(container: Any) -> None:
    """Let a container neither hear nor say goodbye."""
    for extension in container.extensions:
        if isinstance(extension, QueueConsumer):
            extension.should_stop = True
        elif isinstance(extension, RelayOfService) and extension._listener is not None:
            extension._listener.close()
    break_connections(container)


def break_connections(container: Any) -> None:
    for extension in container.extensions:
        if isinstance(extension, QueueConsumer):
            for consumer in list(extension._consumers.values()):
                _break(consumer.channel.connection)


def _break(connection: Any) -> None:
    transport = getattr(connection, "transport", None)
    if transport is not None:  # the broker in the process has none
        with suppress(OSError):
            transport.sock.shutdown(socket.SHUT_RDWR)


class Ear:
    """A queue of a test's own, which hears all that a service tells."""

    def __init__(self, settings: Settings, service: str, **terms: Any) -> None:
        self._connection = Connection(settings.broker_url)
        self._channel = self._connection.default_channel
        exchange = events_exchange(service)
        queue = Queue(f"ear-of-{service}", exchange=exchange, routing_key="#", **terms)
        self._queue = queue(self._channel)
        self._queue.declare()

    def waiting(self) -> int:
        """Count what was told and not yet taken."""
        return int(self._queue.queue_declare(passive=True).message_count)

    def take(self, count: int) -> list[Any]:
        """Wait for so many messages; they stay on the bus until they are acknowledged."""
        taken: list[Any] = []

        def have_come() -> bool:
            while len(taken) < count and (message := self._queue.get()) is not None:
                taken.append(message)
            return len(taken) == count

        eventually(have_come)
        return taken

    def close(self) -> None:
        self._connection.release()
