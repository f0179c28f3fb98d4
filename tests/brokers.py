"""Both brokers as one fixture: the one in this process, and a private RabbitMQ if it is installed."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

import pytest
from kombu import Connection, pools

from deploy.rabbitmq import PrivateRabbit, find_rabbitmq
from shared.runtime.in_process.broker import broker_of
from tests.profiles import Profile

PATIENCE_S = 10.0
# Long enough for RabbitMQ to have sent what it was going to send.
QUIET_S = 0.2


@pytest.fixture(scope="session")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRabbit]:
    """Start a private RabbitMQ for the whole session."""
    if find_rabbitmq() is None:
        pytest.skip("no RabbitMQ on this machine; to run this, install the package rabbitmq-server")
    with PrivateRabbit().start(tmp_path_factory.mktemp("rabbitmq")) as rabbit:
        yield rabbit


@pytest.fixture(params=list(Profile), ids=["in-process", "rabbitmq"])
def broker(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the AMQP URI of a broker on which nothing has happened yet."""
    with broker_for(request.param, request) as uri:
        yield uri


@contextmanager
def broker_for(profile: Profile, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the AMQP URI of a new broker in the process, or of a new vhost on the session's RabbitMQ."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    if profile is Profile.PRODUCTION:
        rabbit: PrivateRabbit = request.getfixturevalue("rabbit")
        yield rabbit.add_vhost(name)
        pools.reset()
        rabbit.remove_vhost(name)
    else:
        uri = f"inprocess://{name}/"
        yield uri
        pools.reset()
        broker_of(uri).reset()


class Connect(Protocol):
    def __call__(self, *, confirms: bool = True) -> Connection: ...


@pytest.fixture
def connect(broker: str) -> Iterator[Connect]:
    """Open connections to the broker under test; they are closed at the end.

    With confirms a publish has reached the queues when it returns, on RabbitMQ too.
    """
    with ExitStack() as opened:

        def open_connection(*, confirms: bool = True) -> Connection:
            options = {"confirm_publish": confirms}
            return opened.enter_context(Connection(broker, transport_options=options))

        yield open_connection


def eventually(is_so: Callable[[], object]) -> None:
    """Wait until it is so; fail when it does not become so."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def declare(channel: Any, queue: str, **arguments: Any) -> str:
    """Declare a durable queue with `x-` arguments, written without the `x-` and with underscores."""
    named = {f"x-{name.replace('_', '-')}": value for name, value in arguments.items()}
    channel.queue_declare(queue, durable=True, auto_delete=False, arguments=named)
    return queue


def get(channel: Any, queue: str, *, no_ack: bool = False) -> Any:
    """Wait for the next message in the queue."""
    found: list[Any] = []

    def has_come() -> bool:
        message = channel.basic_get(queue, no_ack=no_ack)
        if message is not None:
            found.append(channel.message_to_python(message))
        return bool(found)

    eventually(has_come)
    return found[0]


def waiting(channel: Any, queue: str) -> int:
    """Count the messages that wait in the queue."""
    count: int = channel.queue_declare(queue, passive=True).message_count
    return count


def drain(
    connection: Connection,
    until: Callable[[], object] = lambda: True,
    quiet_s: float = QUIET_S,
) -> None:
    """Take what the broker sends until it is so and then quiet; fail when it does not become so."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            connection.drain_events(timeout=quiet_s)
        except TimeoutError:
            if until():
                return
            assert time.monotonic() < deadline, "it did not happen in time"
