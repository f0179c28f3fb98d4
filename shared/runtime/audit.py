"""The audit trail of a service: what was done or refused, by whom, in one row each, chained.

A row is written in the transaction of what it tells of, so that neither is there without the other.
Of everything a transaction writes it comes last: the end of the chain is held until the commit, and
whoever holds it waits for nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, text

from shared.kernel.audit_chain import BEGINNING, Algorithm, covered, digest_of
from shared.kernel.clock import CHINA, china_now
from shared.runtime.call import Call, written
from shared.runtime.database import ServiceDatabase
from shared.runtime.keeping import coming_last
from shared.runtime.tables import audit_entry
from shared.runtime.work import Work

DONE = "done"
READ = "read"
AT_ONCE = 1_000
# Of what an answer showed, so many are named and the rest is counted.
MOST_NAMED = 20
LONGEST_REASON = 200

_APPEND = insert(audit_entry)
_LAST = (
    select(audit_entry.c.number, audit_entry.c.digest, audit_entry.c.month)
    .order_by(audit_entry.c.number.desc())
    .limit(1)
)
# Nearly always it is there, and the partitions of earlier months need not be looked into.
_LAST_OF_LATE = _LAST.where(audit_entry.c.month >= bindparam("this_month"))
HOLD = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.audit_entry'))")


def note(
    work: Work,
    call: Call,
    action: str,
    *,
    about: str | None = None,
    outcome: str = DONE,
    reason: str | None = None,
    shown: Sequence[str] | Mapping[str, Any] = (),
    algorithm: Algorithm = "sha256",
) -> None:
    """Write into the trail, when *work* is kept, that *call* did *action* or was refused it.

    *reason* is why, in the caller's words; *shown* are numbers or ids of what he was shown, where
    that is more than what it is *about* – or, where there are too many of them, their `count` and what
    else can be said of them.
    """
    with work.begin():
        work.write(
            append,
            entry_of(
                call,
                action,
                about=about,
                outcome=outcome,
                reason=reason,
                shown=shown,
                algorithm=algorithm,
            ),
        )


def entry_of(
    call: Call,
    action: str,
    *,
    about: str | None = None,
    outcome: str = DONE,
    reason: str | None = None,
    shown: Sequence[str] | Mapping[str, Any] = (),
    algorithm: Algorithm = "sha256",
) -> dict[str, Any]:
    """Return an entry as `append` takes it, made now."""
    return {
        "at": china_now(),
        "account": call.actor.account,
        "roles": [written(right) for right in call.actor.rights],
        "place_code": None,
        "call_id": call.call_id,
        "action": action,
        "about": about,
        "outcome": outcome,
        "reason": None if reason is None else reason[:LONGEST_REASON],
        "shown": _shown(shown),
        "algorithm": algorithm,
    }


def _shown(shown: Sequence[str] | Mapping[str, Any]) -> dict[str, Any] | None:
    if isinstance(shown, Mapping):
        return {"ids": [], **shown}
    return {"ids": list(shown[:MOST_NAMED]), "count": len(shown)} if shown else None


def note_read(
    database: ServiceDatabase,
    call: Call,
    action: str,
    about: Sequence[str],
    *,
    reason: str | None = None,
    algorithm: Algorithm = "sha256",
) -> None:
    """Write that sensitive things were read, and return when that is kept.

    In a transaction of its own, put together with those of others that end in the same moment: so
    call it before the answer is given, and give none when it raises.

    Raises:
        Unavailable: the database is away; whether it was kept is not known.
    """
    work = Work(database)
    try:
        note_shown(work, call, action, about, reason=reason, algorithm=algorithm)
        work.keep()
    finally:
        work.close()


def note_shown(
    work: Work,
    call: Call,
    action: str,
    about: Sequence[str],
    *,
    reason: str | None = None,
    algorithm: Algorithm = "sha256",
) -> None:
    """Write, when *work* is kept, that sensitive things were shown."""
    is_one = len(about) == 1
    note(
        work,
        call,
        action,
        about=about[0] if is_one else None,
        outcome=READ,
        reason=reason,
        shown=() if is_one else about,
        algorithm=algorithm,
    )


def note_refusal(
    database: ServiceDatabase, call: Call, action: str, code: str, algorithm: Algorithm
) -> None:
    """Write that something was refused, of which nothing else is kept."""
    work = Work(database)
    try:
        note(work, call, action, outcome=code, algorithm=algorithm)
        work.keep()
    finally:
        work.close()


@coming_last
def append(connection: Connection, entries: list[dict[str, Any]]) -> None:
    """Add entries to the end of the chain."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer
        connection.execute(HOLD)
    number, digest, month = _last(connection)
    rows = []
    for entry in entries:
        number += 1
        row = entry | {"number": number}
        digest = digest_of(digest, _as_text(row))
        # Clocks of several copies differ: a row is never filed before the one it follows.
        month = max(month, month_of(entry["at"]))
        rows.append(row | {"digest": digest, "month": month})
    connection.execute(_APPEND, rows)


def _last(connection: Connection) -> tuple[int, str, date]:
    this_month = {"this_month": month_of(china_now())}
    last = connection.execute(_LAST_OF_LATE, this_month).first()
    if last is None:
        last = connection.execute(_LAST).first()
    return (0, BEGINNING, date.min) if last is None else (last.number, last.digest, last.month)


def month_of(at: datetime) -> date:
    """Return the first day of China's month in which an instant lies."""
    return at.astimezone(CHINA).date().replace(day=1)


def head(connection: Connection) -> tuple[int, str]:
    """Return number and digest of the last row; zero and zeros where there is none."""
    number, digest, _ = _last(connection)
    return number, digest


def trail(
    connection: Connection, *, after: int = 0, last: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the trail as its digests cover it, from the row after *after* to the *last*."""
    while True:
        asked = (
            select(audit_entry)
            .where(audit_entry.c.number > after)
            .order_by(audit_entry.c.number)
            .limit(AT_ONCE)
        )
        if last is not None:
            asked = asked.where(audit_entry.c.number <= last)
        rows = connection.execute(asked).all()
        if not rows:
            return
        for row in rows:
            yield as_exported(row)
        after = rows[-1].number


def as_exported(row: Any) -> dict[str, Any]:
    """Return a row as its digest covers it, with the digest."""
    return {**_as_text(row._asdict()), "digest": row.digest}


def _as_text(row: dict[str, Any]) -> dict[str, Any]:
    at: datetime = row["at"]
    return covered(row) | {"at": at.astimezone(UTC).isoformat(timespec="microseconds")}
