"""How green threads wait for PostgreSQL, whose driver opens its sockets behind eventlet's back.

A socket that is closed while a green thread waits on it stays listed under its number. Where eventlet
opens the next socket of that number it strikes the old one off; libpq does not tell it, so a new
connection would be refused by the loop, or woken in the old one's place.
"""

from typing import Any

import eventlet.hubs
from eventlet.support.psycopg2_patcher import eventlet_wait_callback
from psycopg2 import extensions


def wait_for_postgres() -> None:
    """Let psycopg2 wait so; eventlet has patched it before."""
    extensions.set_wait_callback(_wait)


def _wait(connection: Any, timeout: float = -1) -> None:
    if connection.status == extensions.STATUS_SETUP:
        _strike_off(connection.fileno())
    eventlet_wait_callback(connection, timeout)


def _strike_off(number: int) -> None:
    """Forget who waits on a socket that is no more; his own time runs out, as it would have.

    Not `mark_as_reopened`: it throws into him, and one who does not catch that takes the loop with him.
    """
    hub = eventlet.hubs.get_hub()
    for waiting in hub.listeners.values():
        while listener := waiting.get(number):
            hub.remove(listener)
            listener.defang()
