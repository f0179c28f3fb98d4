"""Holding a name until the transaction ends, where there is no row yet that could be held."""

from sqlalchemy import Connection, bindparam, func, select

_HOLD = select(
    func.pg_advisory_xact_lock(func.hashtext(func.current_schema() + " " + bindparam("name")))
)


def hold(connection: Connection, name: str) -> None:
    """Let nobody else of this service hold *name* before the transaction ends.

    On SQLite it does: there is one writer.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_HOLD, {"name": name})
