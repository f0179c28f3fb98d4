"""Who is killed when: an endless order of strikes, the same for the same seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

# They may stay away for a while; the others are started again at once.
SERVERS = ("rabbitmq", "postgres")
PROCESSES = ("grid", "patrol", "register", "command", "edge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many seconds lie between two strikes, and how long a server stays away; from, to."""

    every_s: tuple[float, float] = (3.0, 9.0)
    away_s: tuple[float, float] = (5.0, 30.0)
    # How often each process is struck while each server is struck once.
    rounds: int = 4
    # Most strikes come only when clients were acknowledged so much since the last: a machine that
    # needs longer to start a process than lies between two strikes would never be at work at all.
    acknowledged: int = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One program killed; with `away_s` 0 its supervisor brings it back at once."""

    program: str
    away_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """What dies at one moment, so many seconds after the strike before and no sooner than this."""

    after_s: float
    after_acknowledged: int
    kills: tuple[Kill, ...]


def strikes(seed: int, pace: Pace) -> Iterator[Strike]:
    """Yield strikes for ever; within each round nobody is spared."""
    dice = random.Random(seed)  # noqa: S311 – repeatable on purpose
    while True:
        hand = [*SERVERS, *PROCESSES * pace.rounds]
        dice.shuffle(hand)
        while hand:
            several = dice.choice((1, 1, 1, 2, 3))
            # Nothing dies twice at one moment.
            struck, hand = dict.fromkeys(hand[:several]), hand[several:]
            # Now and then it hits those who are still coming back from the last.
            has_mercy = dice.random() < 2 / 3
            yield Strike(
                after_s=dice.uniform(*pace.every_s),
                after_acknowledged=pace.acknowledged if has_mercy else 0,
                kills=tuple(_kill(program, dice, pace) for program in struck),
            )


def _kill(program: str, dice: random.Random, pace: Pace) -> Kill:
    if program not in SERVERS or dice.random() < 0.25:
        return Kill(program=program)
    return Kill(program=program, away_s=dice.uniform(*pace.away_s))
