"""After the storm: everything must come to rest by itself, in time, or it is said what did not."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import psycopg2

from deploy.chaos.broker import BrokerAdmin, BrokerAway
from deploy.chaos.evidence import Tables
from deploy.chaos.platform import StruckPlatform
from deploy.production.status import platform_state
from deploy.production.supervisor import RUNNING
from shared.runtime.settings import Settings

LOOK_EVERY_S = 1.0
# Longer than any worker may take: a call ends after 10 s, a statement after 30.
STUCK_AFTER_S = 45.0


def rest(
    platform: StruckPlatform, broker: BrokerAdmin, *, letters: int, patience_s: float
) -> list[str]:
    """Wait until nothing is under way any more; return what still is when nothing moves.

    A slow machine may take long: only who has not moved for so many seconds is said to hang.
    """
    before, since = list[str](), time.monotonic()
    while restless := list(_restless(platform, broker, letters)):
        now = time.monotonic()
        if restless != before:
            before, since = restless, now
        elif now - since > patience_s:
            return restless
        time.sleep(LOOK_EVERY_S)
    return []


def _restless(platform: StruckPlatform, broker: BrokerAdmin, letters: int) -> Iterator[str]:
    """Yield what is not at rest; the dear questions only once the cheap ones are answered."""
    looks: tuple[Callable[[], Iterator[str]], ...] = (
        lambda: _not_up(platform),
        lambda: _in_tables(platform, letters),
        lambda: _in_queues(broker),
    )
    for look in looks:
        found = list(look())
        yield from found
        if found:
            return


def _not_up(platform: StruckPlatform) -> Iterator[str]:
    state = platform_state(Settings(data=platform.data))
    for process in state.processes:
        if process.state.upper() != RUNNING:
            yield f"{process.name} is {process.state}"
        elif process.listens is False:
            yield f"{process.name} does not listen"
    if not state.is_ready:
        yield "/readyz does not say ready"


def _in_tables(platform: StruckPlatform, letters: int) -> Iterator[str]:
    try:
        tables = Tables(platform.admin_url, platform.folder.data)
    except psycopg2.OperationalError as error:
        yield f"the database is away: {error}"
        return
    try:
        for what, count in (
            ("events wait in an outbox", tables.unsent()),
            ("events have not been followed", tables.not_followed()),
            ("commands are half done", tables.half_done()),
            ("dead letters are not kept yet", max(0, letters - tables.letters())),
        ):
            if count:
                yield f"{count} {what}"
        for application, state, query in tables.in_progress(STUCK_AFTER_S):
            yield f"{application} is stuck, {state}: {query}"
    finally:
        with suppress(psycopg2.Error):
            tables.close()


def _in_queues(broker: BrokerAdmin) -> Iterator[str]:
    try:
        for queue in broker.depths():
            if not (queue.is_empty or queue.is_forsaken):
                yield f"{queue.name}: {queue.ready} waiting, {queue.held} in progress"
    except BrokerAway as away:
        yield str(away)
