"""How green threads wait for PostgreSQL, whose driver opens its sockets behind eventlet's back.

A socket may be closed under a green thread that waits on it, and stays listed under its number. Where
eventlet opens the next one of that number it strikes the old one off; libpq does not tell it, so a new
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
        eventlet.hubs.get_hub().mark_as_reopened(connection.fileno())
    eventlet_wait_callback(connection, timeout)
