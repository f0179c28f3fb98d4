"""PostgreSQL as a service's database: psycopg2, a pool that fits the workers, nothing waited for ever.

What only reads is REPEATABLE READ and READ ONLY: a list and the look-ups before it see one state, as
they do on SQLite, and never fail for it. What writes is READ COMMITTED: `FOR UPDATE` and `ON CONFLICT`
then see what the transaction that they waited for has left, where REPEATABLE READ would refuse.
"""

import select
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import QueuePool

from shared.runtime.columns import json_text
from shared.runtime.database_errors import refuse_what_cannot_be_stored
from shared.runtime.green import is_green
from shared.runtime.settings import Settings

# Beside the workers: the relay, timers, and a worker that looks into the database a second time
# while it holds a connection.
SPARE_CONNECTIONS = 6
# Of the workers, most wait for a neighbour, or for a commit that others make for them.
WORKING_CONNECTIONS = 16
CONNECT_TIMEOUT_S = 5
POLLIN = 1  # eventlet takes the name out of `select`
# A machine that vanished is noticed after about half a minute, not after the system's two hours.
KEEPALIVES = {
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def postgres_engine(url: str, settings: Settings, service: str) -> Engine:
    """Return the engine of a service's schema."""
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=min(settings.workers, WORKING_CONNECTIONS) + SPARE_CONNECTIONS,
        max_overflow=0,  # a server has only so many connections; more work waits here
        pool_timeout=settings.lock_timeout_s,
        pool_use_lifo=True,
        # The driver's own way sends many rows one by one, a round trip each.
        executemany_mode="values_plus_batch",
        connect_args={
            "application_name": f"wangge-{service}",
            "connect_timeout": CONNECT_TIMEOUT_S,
            "options": _options(service, **_timeouts(settings)),
            **KEEPALIVES,
        },
        hide_parameters=True,  # an error in the log must not quote a report
        json_serializer=json_text,
        json_deserializer=orjson.loads,
    )
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", refuse_what_cannot_be_stored)
    event.listen(engine, "checkout", _refuse_broken)
    return engine


def migrating_engine(url: str, service: str) -> Engine:
    """Return an engine for what may take its time and needs no pool."""
    return create_engine(
        url,
        connect_args={
            "application_name": f"wangge-migrate-{service}",
            "options": _options(service, statement_timeout=0),
            **KEEPALIVES,
        },
    )


def _timeouts(settings: Settings) -> dict[str, int]:
    return {
        "statement_timeout": round(settings.statement_timeout_s * 1000),
        "lock_timeout": round(settings.lock_timeout_s * 1000),
        "idle_in_transaction_session_timeout": round(settings.idle_in_transaction_timeout_s * 1000),
    }


def _options(service: str, **more: int) -> str:
    # Compiling a plan takes longer than any question here; partitions make plans look dear.
    # The trail lies in a schema of its own where another role owns it (decision 30); else it is not there.
    options = {"search_path": f"{service},{service}_audit", "timezone": "UTC", "jit": "off"} | more
    return " ".join(f"-c{name}={value}" for name, value in options.items())


def _begin(connection: Connection) -> None:
    # psycopg2 keeps these and sends them with its BEGIN: no round trip of their own.
    writes = connection.get_execution_options().get("writes", False)
    driver: Any = connection.connection.driver_connection
    driver.set_session(
        isolation_level="READ COMMITTED" if writes else "REPEATABLE READ", readonly=not writes
    )


def _refuse_broken(driver: Any, record: object, fairy: object) -> None:
    """Throw the pool's connections away when the server has hung up while this one lay idle.

    A server that stops or dies closes its connections, so there is something to read; asking it
    (`pool_pre_ping`) would cost every piece of work a round trip.
    """
    if driver.closed or _has_something_to_read(driver.fileno()):
        raise InvalidatePoolError("the database server has closed the connection")


def _has_something_to_read(descriptor: int) -> bool:
    idle = _native_poll()
    idle.register(descriptor, POLLIN)
    return bool(idle.poll(0))


def _native_poll() -> Any:
    if is_green():
        from eventlet import patcher

        return patcher.original("select").poll()
    return select.poll()
