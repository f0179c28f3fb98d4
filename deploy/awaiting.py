"""Waiting for broker and database before a service starts: one line a try, with growing delay."""

import time
from collections.abc import Callable

import structlog
from sqlalchemy import select

from shared.runtime.bus_connection import bus_connection
from shared.runtime.database import database_of
from shared.runtime.settings import Settings

log = structlog.get_logger()

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 10.0
CONNECT_WITHIN_S = 5.0


def wait_for_both(settings: Settings, service: str) -> None:
    """Return when the broker and the database of *service* let it in."""
    _wait_for("broker", lambda: _reach_broker(settings))
    _wait_for("database", lambda: _reach_database(settings, service))


def _wait_for(what: str, reach: Callable[[], None]) -> None:
    wait_s = FIRST_WAIT_S
    while (reason := _refusal(reach)) is not None:
        log.warning("waiting", what=what, reason=reason, next_in_s=wait_s)
        time.sleep(wait_s)
        wait_s = min(2 * wait_s, LONGEST_WAIT_S)


def _refusal(reach: Callable[[], None]) -> str | None:
    try:
        reach()
    # A broker or a database that is just starting fails in more ways than its driver tells.
    except Exception as error:
        told = str(getattr(error, "orig", None) or error).partition("\n")[0]
        return f"{type(error).__name__}: {told}"
    return None


def _reach_broker(settings: Settings) -> None:
    if settings.is_embedded:
        return
    with bus_connection(settings.broker_url, connect_timeout=CONNECT_WITHIN_S) as connection:
        connection.connect()


def _reach_database(settings: Settings, service: str) -> None:
    with database_of(settings, service).reading() as connection:
        connection.execute(select(1))
