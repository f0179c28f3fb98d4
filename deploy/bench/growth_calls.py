"""What the growth benchmark asks: lists, boards, dossiers and searches, each in many varied calls."""

import random
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from deploy.bench.growth_database import Filled
from deploy.bench.growth_places import some_places
from deploy.bench.growth_story import SPAN
from deploy.bench.growth_words import MENTIONS, vocabulary
from services.command import wiring
from services.command.domain.period import period_of
from services.command.queries import board, read_models
from services.command.queries.search import search
from services.command.store.tables import matter_table
from services.patrol.queries.incidents import find_incidents
from shared.contracts.patrol import IncidentFilter
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.ids import new_id
from shared.kernel.rights import Role
from shared.runtime.cursor import cursor_of
from shared.runtime.database import ServiceDatabase
from shared.runtime.work import Work

# Of what is asked for there is a page's worth at the smallest size too, or the growth would be that
# of the answers.
PAGE = 50
STATES = ("reported", "handling", "feedback", "closed", "cancelled")
COMMON = ("小区", "居民", "路面", "人行道", "反映", "车辆", "损坏", "垃圾", "施工", "老人")
Call = Callable[[Work], Any]
DESK = Actor.of("desk", Role.DUTY_OFFICER, place_code=WHOLE_TREE)


@dataclass(frozen=True, slots=True)
class Operation:
    """Something asked of one service, in `calls` that differ."""

    name: str
    service: str
    calls: list[Call]


class Asked:
    """A database of one size, and the ways to ask it."""

    def __init__(self, filled: Filled) -> None:
        self.size = filled.size
        self._databases = {
            service: ServiceDatabase(filled.settings, service) for service in ("patrol", "command")
        }

    def ask(self, operation: Operation, number: int) -> Any:
        """Make one call, on a connection of the pool and in a transaction, as a service does."""
        with closing(Work(self._databases[operation.service])) as work:
            return operation.calls[number](work)

    def some_numbers(self, count: int) -> list[str]:
        """Return numbers of matters from all over the two years."""
        chosen = select(matter_table.c.matter_no).order_by(matter_table.c.matter_no)
        with self._databases["command"].reading() as connection:
            every = list(connection.scalars(chosen))
        return every[:: max(1, len(every) // count)][:count]

    def close(self) -> None:
        for database in self._databases.values():
            database.close()


def operations(asked: Asked, until: datetime, count: int) -> list[Operation]:
    """Return the operations: the same for every size but for the numbers of the matters."""
    chance = random.Random(3)  # noqa: S311 – the same at every run
    lists = {name: list(calls) for name, calls in _lists(until, count, chance)}
    boards = {name: list(calls) for name, calls in _boards(until, count, chance)}
    others = {name: list(calls) for name, calls in _matters(asked, count, chance)}
    return [
        *(Operation(name, "patrol", calls) for name, calls in lists.items()),
        *(Operation(name, "command", calls) for name, calls in (boards | others).items()),
    ]


def _lists(
    until: datetime, count: int, chance: random.Random
) -> Iterator[tuple[str, Iterator[Call]]]:
    places = some_places(count, chance)
    yield "list, first page", (_listed(IncidentFilter()) for _ in places)
    moments = [until - SPAN * chance.random() * 0.9 for _ in places]
    yield (
        "list, deep page",
        (_listed(IncidentFilter(), cursor=cursor_of(new_id(at))) for at in moments),
    )
    # As long as a page takes to fill at the smallest size; a cell is asked for its month.
    for level, days in (("cell", 30), ("community", 500), ("street", 60)):
        ends = [until - timedelta(days=chance.randrange(730 - days)) for _ in places]
        yield (
            f"list, {level} and time",
            (
                _listed(
                    IncidentFilter(
                        place=getattr(place, level).code,
                        reported_from=end - timedelta(days=days),
                        reported_to=end,
                    )
                )
                for place, end in zip(places, ends, strict=True)
            ),
        )
    yield "list, by state", (_listed(IncidentFilter(state=[chance.choice(STATES)])) for _ in places)
    yield (
        "list, of a street's desk",
        (
            _listed(IncidentFilter(), actor=_desk_of(place.street.code))
            for place in places
            if place.street
        ),
    )


def _listed(where: IncidentFilter, *, cursor: str | None = None, actor: Actor = DESK) -> Call:
    return lambda work: find_incidents(work.connection, where, actor, limit=PAGE, cursor=cursor)


def _desk_of(code: str) -> Actor:
    return Actor.of("desk", Role.DUTY_OFFICER, place_code=code)


def _boards(
    until: datetime, count: int, chance: random.Random
) -> Iterator[tuple[str, Iterator[Call]]]:
    places = some_places(count, chance)
    for level in ("district", "street"):
        for text in ("7d", "all"):
            yield (
                f"board, {level}, {text}",
                (_board(getattr(place, level).code, text, until) for place in places),
            )


def _board(code: str, text: str, until: datetime) -> Call:
    period = period_of(text, today=until.date())

    def ask(work: Work) -> Any:
        chain = board.chain_of(work.connection, code)
        return board.board_of(work.connection, chain[0], period, DESK)

    return ask


def _matters(
    asked: Asked, count: int, chance: random.Random
) -> Iterator[tuple[str, Iterator[Call]]]:
    numbers = asked.some_numbers(count)
    chance.shuffle(numbers)
    words = vocabulary()
    pairs = [word for word in words.words if len(word) == 2]
    yield "dossier", (_dossier(number) for number in numbers)
    yield "search, number", (_search(number) for number in numbers)
    yield "search, rare word", (_search(words.seldom(n % MENTIONS)) for n in range(count))
    yield "search, common word", (_search(chance.choice(COMMON)) for _ in range(count))
    yield "search, two characters", (_search(chance.choice(pairs[20:70])) for _ in range(count))
    yield (
        "search, two words",
        (_search(f"{chance.choice(COMMON[:3])} {chance.choice(pairs[:4])}") for _ in range(count)),
    )
    yield (
        "search, of a street's desk",
        (
            _search(chance.choice(COMMON[:3]), _desk_of(place.street.code))
            for place in some_places(count, chance)
            if place.street
        ),
    )


def _dossier(number: str) -> Call:
    return lambda work: read_models.dossier(work.connection, number, DESK)


def _search(question: str, actor: Actor = DESK) -> Call:
    return lambda work: search(
        work.connection, wiring.search_index(work), question, actor, limit=PAGE, cursor=None
    )
