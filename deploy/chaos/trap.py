"""The measured trap, on purpose: the broker dies while workers are at slow calls that they must answer.

A plain nameko container whose reply cannot be published dies. Ours logs the loss and lives, or dies
and is started again; either way it must answer afterwards, and what was asked must be done once.
"""

import time
from dataclasses import dataclass

import psycopg2

from deploy.chaos.killer import Killer
from deploy.chaos.platform import StruckPlatform
from deploy.chaos.strikes import Kill
from deploy.production.status import platform_state
from shared.runtime.settings import Settings

# Every report ends in this table; while it is locked none comes to its end. Shorter than the
# services' own patience with locks, which would end the calls instead.
SLOW = "LOCK TABLE patrol.incident IN EXCLUSIVE MODE"
WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE application_name = 'wangge-patrol' AND wait_event_type = 'Lock'"
)
# Calls that end together wait as one.
HELD_AT_LEAST = 1
CAUGHT_WITHIN_S = 3.5
AWAY_S = 6.0
ANSWERS_WITHIN_S = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sprung:
    """How it went: calls held when the broker died, answers that could not be sent, and after."""

    calls_held: int
    answers_lost: int
    # False: the process died, and its supervisor started another.
    survived: bool
    answered_after_s: float | None


def spring(platform: StruckPlatform, killer: Killer) -> Sprung:
    """Hold patrol's workers at their calls, kill the broker, let go, and see who answers."""
    pids, lost = _pids(platform), _answers_lost(platform)
    connection = psycopg2.connect(platform.admin_url)
    try:
        connection.cursor().execute(SLOW)
        held = _held(platform)
        killer.kill(Kill(program="rabbitmq", away_s=AWAY_S))
    finally:
        connection.close()
    time.sleep(AWAY_S)
    killer.let_back(everybody=True)
    answered_after_s = _answers(platform)
    return Sprung(
        calls_held=held,
        answers_lost=_answers_lost(platform) - lost,
        survived=_pids(platform) == pids,
        answered_after_s=answered_after_s,
    )


def _held(platform: StruckPlatform) -> int:
    """Wait until enough calls wait for the lock; return how many do."""
    deadline = time.monotonic() + CAUGHT_WITHIN_S
    looking = psycopg2.connect(platform.admin_url)
    looking.autocommit = True
    try:
        held = 0
        while held < HELD_AT_LEAST and time.monotonic() < deadline:
            time.sleep(0.05)
            cursor = looking.cursor()
            cursor.execute(WAITING)
            [(held,)] = cursor.fetchall()
        return int(held)
    finally:
        looking.close()


def _answers(platform: StruckPlatform) -> float | None:
    """Wait until the platform is ready; return how long it took, or None when it did not come."""
    began = time.monotonic()
    while (waited := time.monotonic() - began) < ANSWERS_WITHIN_S:
        if platform.address.is_ready():
            return waited
        time.sleep(0.2)
    return None


def _pids(platform: StruckPlatform) -> set[int]:
    state = platform_state(Settings(data=platform.data))
    return {process.pid for process in state.processes if process.name.startswith("patrol")}


def _answers_lost(platform: StruckPlatform) -> int:
    return platform.log("patrol").count('"answer_not_sent"')
