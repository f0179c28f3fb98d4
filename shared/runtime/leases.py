"""Leases: what one copy of a service may do alone, until a moment that comes by itself.

A copy that dies holds nothing for longer than its lease runs; nobody has to clean up after it. The
database's clock decides, so copies on machines whose clocks differ agree.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from shared.runtime.columns import Instant
from shared.runtime.tables import lease
from shared.runtime.upsert import adding_once

_NOW = select(func.current_timestamp(type_=Instant()))
# SQLite's own counts whole seconds.
_SQLITE_NOW = select(func.strftime("%Y-%m-%d %H:%M:%f", "now", type_=Instant()))
_RENEW = (
    update(lease)
    .where(
        lease.c.name == bindparam("asked"),
        or_(lease.c.holder == bindparam("by"), lease.c.until <= bindparam("now")),
    )
    .values(holder=bindparam("by"), until=bindparam("end"))
)
_LET_GO = delete(lease).where(lease.c.name == bindparam("asked"), lease.c.holder == bindparam("by"))
_HELD = select(lease.c.name).where(lease.c.until > bindparam("now"))


def take_lease(connection: Connection, name: str, holder: str, run: timedelta) -> bool:
    """Take or renew a lease, in the open transaction; answer whether *holder* has it now."""
    now = database_now(connection)
    terms = {"asked": name, "by": holder, "now": now, "end": now + run}
    if connection.execute(_RENEW, terms).rowcount:
        return True
    first = {"name": name, "holder": holder, "until": now + run}
    return bool(connection.execute(adding_once(connection.dialect.name, lease), first).rowcount)


def let_go(connection: Connection, names: Iterable[str], holder: str) -> None:
    """End the leases that *holder* has, before their time."""
    for name in names:
        connection.execute(_LET_GO, {"asked": name, "by": holder})


def leases_under(connection: Connection, prefix: str) -> list[str]:
    """Return the names of the leases that run now and begin with *prefix*."""
    names = connection.scalars(_HELD, {"now": database_now(connection)})
    return [name for name in names if name.startswith(prefix)]


def database_now(connection: Connection) -> datetime:
    """Return the database's time; on PostgreSQL that of the transaction's begin."""
    clock = _SQLITE_NOW if connection.dialect.name == "sqlite" else _NOW
    now: datetime = connection.execute(clock).scalar_one()
    return now
