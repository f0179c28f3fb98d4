"""A broker or a database that is killed and comes back loses nothing, doubles nothing, and kills no event."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import eventlet
import pytest
from sqlalchemy import select

from deploy.postgres import PrivatePostgres, find_postgres
from deploy.rabbitmq import PrivateRabbit, find_rabbitmq
from shared.contracts.event import EVENTS
from shared.kernel.errors import Unavailable
from shared.runtime.database import is_away
from shared.runtime.dead_letters import tries_of
from shared.runtime.doors import Doors
from shared.runtime.inbox import Delivery
from shared.runtime.tables import dead_letter, outbox
from tests.component.copies import Copy
from tests.component.moulds import TALKERS
from tests.component.running import OwnBroker, Running, own_settings
from tests.component.talkers import Teller, WordSaid, a_listener, done, write_down
from tests.databases import CREDENTIALS, PostgresMoulds, reachable_folder
from tests.platform import wait_for

BACK_WITHIN_S = 90
# RabbitMQ writes the names of new quorum queues to the disk some seconds late; one that is killed
# before has queues without a leader, for ever.
WRITTEN_DOWN_WITHIN_S = 5
WORDS = 60

pytestmark = pytest.mark.skipif(
    find_rabbitmq() is None or find_postgres() is None,
    reason="to run this, install the packages rabbitmq-server and postgresql",
)


class Servers:
    """A broker and a database that only these tests use, so that they may be killed."""

    def __init__(self, folder: Path) -> None:
        self._rabbitmq_folder, self._postgres_folder = folder / "rabbitmq", folder / "postgres"
        self.rabbitmq = PrivateRabbit().start(self._rabbitmq_folder)
        self.postgres = PrivatePostgres().start(self._postgres_folder)

    def restart_rabbitmq(self, away_s: float) -> None:
        self.rabbitmq.kill()
        eventlet.sleep(away_s)
        self.rabbitmq.start(self._rabbitmq_folder, self.rabbitmq.port)

    def restart_postgres(self, away_s: float) -> None:
        self.postgres.kill()
        eventlet.sleep(away_s)
        self.postgres.start(self._postgres_folder, self.postgres.port)

    def stop(self) -> None:
        self.rabbitmq.stop()
        self.postgres.stop()


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with reachable_folder() as folder:
        servers = Servers(folder)
        yield servers
        servers.stop()


@pytest.fixture(scope="module")
def own_moulds(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> PostgresMoulds:
    return PostgresMoulds(servers.postgres, tmp_path_factory.mktemp("moulds"))


@pytest.fixture
def settings(
    servers: Servers,
    own_moulds: PostgresMoulds,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> OwnBroker:
    monkeypatch.setitem(EVENTS, WordSaid.event_type, WordSaid)
    own_moulds.pour(TALKERS, tmp_path)
    vhost = servers.rabbitmq.add_vhost(
        f"outage-{tmp_path.name[-40:]}".replace("[", "").replace("]", "")
    )
    return own_settings(tmp_path, broker=vhost, credentials=tmp_path / CREDENTIALS)


@pytest.fixture
def talking(settings: OwnBroker) -> Iterator[Running]:
    """Give a way to start services, to ask them and to look into their tables."""
    running = Running(settings)
    yield running
    running.crash()


class Speaker:
    """Lets wang say one word after the other, each asked until it is answered."""

    def __init__(self, running: Running, words: int = WORDS) -> None:
        self._running = running
        self.said = 0
        self._speaking = eventlet.spawn(self._speak, words)

    def _speak(self, words: int) -> None:
        for number in range(words):
            while not self._is_answered(str(number)):
                eventlet.sleep(0.1)
            self.said += 1

    def _is_answered(self, word: str) -> bool:
        with suppress(Unavailable):
            self._running.ask(
                "teller", "say", key=f"k-{word}", who="wang", words=[word], timeout_s=2
            )
            return True
        return False

    def until(self, words: int) -> None:
        wait_for(lambda: self.said >= words, within_s=BACK_WITHIN_S, what=f"{words} words")


def heard(running: Running) -> list[str]:
    """Return what wang was heard to say; nothing while the database is away."""
    words = select(done.c.word).where(done.c.who == "wang").order_by(done.c.id)
    try:
        return [word for (word,) in running.rows("listener", words)]
    except Exception as error:
        if not is_away(error):
            raise
        return []


def dead(running: Running) -> int:
    return running.count("listener", dead_letter, dead_letter.c.replayed_at.is_(None))


def waiting(running: Running) -> int:
    return running.count("teller", outbox, outbox.c.published_at.is_(None))


def everything_once(running: Running, words: int = WORDS, *, in_order: bool = True) -> None:
    """Wait for the effect of each word; fail when one has two."""
    expected = [str(number) for number in range(words)]
    wait_for(
        lambda: len(heard(running)) >= words, within_s=BACK_WITHIN_S, what="every word to be heard"
    )
    wait_for(lambda: not waiting(running), within_s=BACK_WITHIN_S, what="the outbox to be sent")
    taken = heard(running)
    assert (taken if in_order else sorted(taken, key=int)) == expected
    assert dead(running) == 0


class TestDatabaseThatIsKilled:
    @pytest.mark.parametrize("keeps_order", [True, False], ids=["in order", "in any order"])
    def test_costs_no_event_a_try_and_kills_none(
        self, talking: Running, servers: Servers, keeps_order: bool
    ) -> None:
        at_work, go_on = threading.Event(), threading.Event()
        tries: list[int] = []

        def hear(service: Doors, told: WordSaid, delivery: Delivery) -> None:
            tries.append(tries_of(service.serving.headers))
            write_down(service, told, delivery)
            at_work.set()
            go_on.wait()

        talking.start(Teller, a_listener(hear, keeps_order=keeps_order))
        talking.ask("teller", "say", who="wang", words=[str(number) for number in range(WORDS)])
        at_work.wait()

        servers.postgres.kill()
        go_on.set()
        # Longer than all tries of an event that is at fault would take.
        time.sleep(sum(talking.settings.retry_delays_s) + 2)
        servers.restart_postgres(0)

        everything_once(talking, in_order=keeps_order)
        assert set(tries) == {0}

    def test_under_everything_at_once_loses_and_doubles_nothing(
        self, talking: Running, servers: Servers
    ) -> None:
        talking.start(Teller, a_listener(keeps_order=True))
        speaker = Speaker(talking)
        speaker.until(10)

        servers.restart_postgres(away_s=2)
        speaker.until(30)
        servers.restart_postgres(away_s=0)
        speaker.until(WORDS)

        everything_once(talking)


class TestBrokerThatIsKilled:
    @pytest.mark.parametrize("keeps_order", [True, False], ids=["in order", "in any order"])
    def test_under_relay_and_listeners_loses_and_doubles_nothing(
        self, talking: Running, servers: Servers, keeps_order: bool
    ) -> None:
        listener = a_listener(keeps_order=keeps_order)
        talking.start(Teller, listener)
        second = Copy(listener, talking.settings).start()
        eventlet.sleep(WRITTEN_DOWN_WITHIN_S)
        speaker = Speaker(talking)
        speaker.until(10)

        servers.restart_rabbitmq(away_s=2)
        speaker.until(WORDS)

        everything_once(talking, in_order=keeps_order)
        assert not any(each._being_killed for each in (*talking.containers(), second.container))
        second.crash()

    def test_with_events_in_its_queues_brings_them_back(
        self, talking: Running, servers: Servers
    ) -> None:
        go_on = threading.Event()

        def hear(service: Doors, told: WordSaid, delivery: Delivery) -> None:
            go_on.wait()
            write_down(service, told, delivery)

        talking.start(Teller, a_listener(hear, keeps_order=True))
        eventlet.sleep(WRITTEN_DOWN_WITHIN_S)
        talking.ask("teller", "say", who="wang", words=[str(number) for number in range(WORDS)])
        wait_for(lambda: not waiting(talking), within_s=20, what="all to be confirmed")

        servers.restart_rabbitmq(away_s=1)
        go_on.set()

        everything_once(talking)
