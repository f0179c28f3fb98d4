"""What a database error means: not now, somebody else was first, or a fault of ours."""

from sqlalchemy import ExceptionContext
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    OperationalError,
    PendingRollbackError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolExhausted

from shared.kernel.errors import Invalid, Refusal, Unavailable

# SQLSTATE codes that psycopg2 sorts under its other errors.
_IDLE_IN_TRANSACTION = "25P03"
# A database that nobody has migrated yet; SQLite says so with an operational error.
_NOT_THERE_YET = frozenset({"42P01", "3F000"})
# A text longer than its column, a number out of its range: SQLite keeps what PostgreSQL refuses.
_DATA_EXCEPTION = "22"
_UNIQUE_VIOLATION = "23505"
_SERIALIZATION_FAILURE, _DEADLOCK = "40001", "40P01"


class NotStorable(SQLAlchemyError):
    """A value that the driver cannot hand to the database: a NUL character, a number of more than 64 bits."""


def refuse_what_cannot_be_stored(error: ExceptionContext) -> None:
    """Tell the driver's own complaint of a value from a fault of ours; a listener of engines.

    Raises:
        NotStorable: in its place, naming no value.
    """
    original = error.original_exception
    if isinstance(original, OverflowError | UnicodeEncodeError) or (
        isinstance(original, ValueError) and "NUL" in str(original)
    ):
        raise NotStorable(type(original).__name__) from None


def database_busy() -> Unavailable:
    return Unavailable(
        code="database_busy",
        zh="数据库正忙，请稍后再试。",
        en="The database is busy; try again in a moment.",
    )


def does_not_fit() -> Invalid:
    return Invalid(
        code="does_not_fit",
        zh="有内容过长或超出范围，无法保存。",
        en="A value is too long or out of range, and cannot be kept.",
    )


def refusal_of(error: SQLAlchemyError) -> Refusal | None:
    """Return what to tell whoever asked; None where the fault is ours."""
    if is_away(error):
        return database_busy()
    if isinstance(error, NotStorable) or (sqlstate(error) or "").startswith(_DATA_EXCEPTION):
        return does_not_fit()
    return None


def is_away(error: BaseException) -> bool:
    """Tell whether a database error means "not now" rather than "never".

    Away are a server that was killed, restarts or lets nobody in, a connection that broke, a pool
    that is used up, and whatever waited longer than it may: for a lock, for a statement, in a deadlock.
    """
    if isinstance(error, OperationalError | InterfaceError | PoolExhausted | PendingRollbackError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or sqlstate(error) in {
        _IDLE_IN_TRANSACTION,
        *_NOT_THERE_YET,
    }


def was_beaten(error: BaseException) -> bool:
    """Tell whether another transaction was first, so that the same work begun anew may succeed.

    Only PostgreSQL has writers at the same time; nothing of this transaction was kept.
    """
    return sqlstate(error) in {_UNIQUE_VIOLATION, _SERIALIZATION_FAILURE, _DEADLOCK}


def sqlstate(error: BaseException) -> str | None:
    """Return PostgreSQL's five-letter code of an error; None for SQLite's and for broken connections."""
    if not isinstance(error, SQLAlchemyError):
        return None
    return getattr(getattr(error, "orig", None), "pgcode", None)
