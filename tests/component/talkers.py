"""Two small services, one that tells and one that hears, and other people's rows in their tables."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from sqlalchemy import Column, Integer, MetaData, String, Table, insert

from shared.kernel.clock import china_now
from shared.kernel.errors import RuleBroken
from shared.kernel.ids import new_id
from shared.kernel.rights import Permission
from shared.runtime.database import ServiceDatabase
from shared.runtime.doors import Doors, command, on_event, rpc
from shared.runtime.inbox import Delivery
from shared.runtime.tables import (
    add_machinery,
    answered_command,
    dead_letter,
    inbox,
    inbox_position,
    outbox,
)

metadata = MetaData()
add_machinery(metadata)

# What a service did; a row is an effect that others can count.
done = Table(
    "done",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("who", String, nullable=False),
    Column("word", String, nullable=False),
    Column("sequence", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordPersonalData:
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WordSaid:
    """Somebody said a word."""

    event_type: ClassVar[str] = "teller.word.said.v1"
    aggregate: ClassVar[str] = "who"

    who: str
    word: str
    personal: WordPersonalData = WordPersonalData(secret="his secret")


class Teller(Doors):
    """Tells what it is asked to tell."""

    name = "teller"

    @command(Permission.OWN_SIGN_IN)
    def say(self, who: str, words: list[str], fails: bool = False) -> dict[str, Any]:
        """Tell each word; answer something that no second time would answer."""
        with self.work.begin():
            for word in words:
                self.work.connection.execute(insert(done).values(who=who, word=word, sequence=0))
                self.outbox.put(WordSaid(who=who, word=word))
            if fails:
                raise RuleBroken(code="not_now", zh="现在不行", en="Not now.")
        return {"answer_id": new_id(), "words": words}

    @rpc(Permission.OWN_SIGN_IN)
    def echo(self, word: str) -> str:
        return word


Hear = Callable[[Doors, WordSaid, Delivery], None]


def write_down(service: Doors, told: WordSaid, delivery: Delivery) -> None:
    """Write an effect that can be counted."""
    heard = {"who": told.who, "word": told.word, "sequence": delivery.sequence}
    service.work.connection.execute(insert(done).values(**heard))


def a_listener(
    hear: Hear = write_down, *, name: str = "listener", keeps_order: bool = False
) -> type[Doors]:
    """Return a service that does *hear* for each word."""

    class Listener(Doors):
        @on_event(WordSaid, keeps_order=keeps_order)
        def hear_word(self, told: WordSaid, delivery: Delivery) -> None:
            hear(self, told, delivery)

    Listener.name = name
    return Listener


def make_noise(database: ServiceDatabase) -> None:
    """Put other people's rows into every table of the machinery, and into `done`."""
    now = china_now()
    old = now - timedelta(days=3)
    with database.writing() as connection:
        for number in range(1, 6):
            connection.execute(
                insert(outbox).values(
                    event_id=new_id(),
                    event_type="other.thing.done.v1",
                    aggregate_id="noise",
                    sequence=number,
                    occurred_at=old,
                    headers={},
                    payload={"thing": "noise"},
                    published_at=old,
                )
            )
            heard_by_others = {"handler": "other.hear_word", "event_id": new_id()}
            connection.execute(insert(inbox).values(**heard_by_others, received_at=now))
            connection.execute(insert(done).values(who="noise", word="noise", sequence=number))
        connection.execute(
            insert(inbox_position).values(
                handler="other.hear_word", aggregate_id="wang", sequence=99
            )
        )
        connection.execute(
            insert(answered_command).values(
                key="noise", fingerprint="noise", answer={"noise": True}, answered_at=old
            )
        )
        connection.execute(
            insert(dead_letter).values(
                id=new_id(),
                event_id=new_id(),
                event_type="other.thing.done.v1",
                queue="evt--other.hear_word",
                tries=3,
                reason="noise",
                headers={},
                payload="{}",
                died_at=old,
                replayed_at=now,
            )
        )
