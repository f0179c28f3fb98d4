"""One worker's work on the database: reads, at most one transaction, and the command's answer.

A use case opens the transaction (`begin`); it is committed by the door, together with the answer
the client gets, so that a command delivered twice is done once and answered twice the same. The
usual way – a look for the key before, a row after – does it twice when the process dies between.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, delete, select

from shared.kernel.clock import china_now
from shared.kernel.errors import Invalid
from shared.runtime.call import CommandKey
from shared.runtime.database import ServiceDatabase
from shared.runtime.keeping import Waiting, Write, keep_waiting, write_waiting
from shared.runtime.looking import Look, look_together
from shared.runtime.tables import answered_command
from shared.runtime.upsert import adding_once

Part = TypeVar("Part")
Answer = TypeVar("Answer")

# So long a client may ask again for what it was answered.
ANSWERS_KEPT = timedelta(days=30)
_EARLIER = select(answered_command).where(answered_command.c.key == bindparam("asked"))


class AnsweredBefore(Exception):
    """The command was carried out before; this is what was answered then."""

    def __init__(self, answer: Any) -> None:
        super().__init__("answered before")
        self.answer = answer


class _KeyKnown(Exception):
    """One of the keys entered was entered before."""


class Work:
    """The database as one worker sees it; `begin` is the `Transaction` port of the use cases."""

    def __init__(self, database: ServiceDatabase, command: CommandKey | None = None) -> None:
        self.database = database
        self._command = command
        self._opened = ExitStack()
        self._connection: Connection | None = None
        self._writes = False
        self._waiting: Waiting = {}
        self._parts: dict[str, Any] = {}
        self._before: list[Callable[[], None]] = []
        self._after: dict[str, Callable[[], None]] = {}

    @property
    def connection(self) -> Connection:
        """Return the connection: the transaction's, or else one for reading.

        It sees all that this work has written; what waited is written now.
        """
        if self._connection is None:
            self._connection = self._connect()
        if self._waiting:
            waiting, self._waiting = self._waiting, {}
            write_waiting(self._connection, waiting)
        return self._connection

    def look(self, read: Look[Answer]) -> Answer:
        """Return what a short read finds of what is in force, and hardly ever changes.

        Where there is a connection it is read by that one. Other works look together, so that one whose rows
        all wait needs no transaction of its own; what it writes itself is not among what it looks for.
        """
        if self._connection is not None:
            return read(self.connection)
        return look_together(self.database, read)

    @property
    def writes(self) -> bool:
        """Tell whether the transaction has begun."""
        return self._writes

    def _connect(self) -> Connection:
        if not self._writes:
            return self._opened.enter_context(self.database.engine.connect())
        self._opened.enter_context(self.database.writer())
        connection = self._opened.enter_context(self.database.engine.connect())
        return connection.execution_options(writes=True)

    @contextmanager
    def begin(self) -> Iterator[None]:
        """Begin the transaction; it is kept when the door has answered, and not otherwise.

        Begun inside itself, it is the same transaction: many use cases may be one work.
        """
        if not self._writes:
            self._let_go()  # ends the reading, so that the transaction sees the present
            self._writes = True
        yield

    def write(self, write: Write, *rows: Any) -> None:
        """Write rows before the next statement or, at the latest, when this work is kept.

        Where there is no other statement, they are kept together with those of other works.
        """
        self._waiting.setdefault(write, []).extend(rows)

    def raise_if_answered(self) -> None:
        """Look for an earlier answer.

        Raises:
            AnsweredBefore: there is one.
            Invalid: the key was used for something else.
        """
        if self._command is not None and (earlier := self._earlier()) is not None:
            raise AnsweredBefore(earlier[0])

    def earlier_answer(self) -> Any:
        earlier = self._earlier()
        return None if earlier is None else earlier[0]

    def _earlier(self) -> tuple[Any] | None:
        if self._command is None:
            return None
        row = self.connection.execute(_EARLIER, {"asked": self._command.key}).first()
        if row is None:
            return None
        if row.fingerprint != self._command.fingerprint:
            raise Invalid(
                code="idempotency_key_reused",
                zh="该 Idempotency-Key 已用于另一请求；请为新的请求换一个键。",
                en="This Idempotency-Key was used for another request; take a new key for a new request.",
            )
        return (row.answer,)

    def keep(self, answer: Any = None) -> None:
        """Commit what was written, together with the answer to the command.

        Raises:
            AnsweredBefore: the same command was kept meanwhile; of this one nothing is.
            Invalid: the key was used for something else.
            Unavailable: the database is away; whether it was kept is not known.
        """
        if self._writes:
            self.flush()
            if self._command is not None:
                self.write(_enter_answers, self._entry(self._command, answer))
            try:
                self._commit()
            except _KeyKnown:
                self.close()
                raise AnsweredBefore(self.earlier_answer()) from None
        after = tuple(self._after.values())
        self.close()
        for act in after:
            act()

    def _commit(self) -> None:
        if self._connection is not None:
            self.connection.commit()
        elif self._waiting:
            keep_waiting(self.database, self._waiting)

    @staticmethod
    def _entry(command: CommandKey, answer: Any) -> dict[str, Any]:
        return {
            "key": command.key,
            "fingerprint": command.fingerprint,
            "answer": answer,
            "answered_at": china_now(),
        }

    def part(self, name: str, make: Callable[[], Part]) -> Part:
        """Return what this work has under *name*, made when it is first asked for."""
        if name not in self._parts:
            self._parts[name] = make()
        part: Part = self._parts[name]
        return part

    def before_keep(self, act: Callable[[], None]) -> None:
        """Do *act* before what was written is kept: to write together what came one by one."""
        self._before.append(act)

    def flush(self) -> None:
        """Write now what waits to be written together."""
        for act in self._before:
            act()

    def after_keep(self, name: str, act: Callable[[], None]) -> None:
        """Do *act* once what was written is kept; a second of the same name replaces the first."""
        self._after[name] = act

    def wake_relay(self) -> None:
        """Tell the relay, once this is kept, that the outbox holds something."""
        self.after_keep("relay", self.database.told)

    def close(self) -> None:
        """Let go of everything; what was not kept is rolled back."""
        self._let_go()
        self._writes = False
        self._waiting = {}
        self._parts.clear()
        self._before.clear()
        self._after.clear()

    def _let_go(self) -> None:
        self._opened.close()
        self._connection = None


def _enter_answers(connection: Connection, entries: list[dict[str, Any]]) -> None:
    """Enter the commands' keys with their answers; the unique index decides who was first."""
    entering = adding_once(connection.dialect.name, answered_command, returns="key")
    if len(connection.scalars(entering, entries).all()) < len(entries):
        raise _KeyKnown


def forget_answers(connection: Connection, before: Any) -> int:
    """Delete answers kept longer than clients may ask for them again; return how many."""
    gone = connection.execute(
        delete(answered_command).where(answered_command.c.answered_at < before)
    )
    return int(gone.rowcount)
