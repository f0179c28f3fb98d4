"""The audit trail of a service: what was done or refused, by whom, in one row each, chained.

A row is written in the transaction of what it tells of, so that neither is there without the other.
Of everything a transaction writes it comes last: the end of the chain is held until the commit, and
whoever holds it waits for nothing else.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text

from shared.kernel.audit_chain import BEGINNING, FIELDS, Algorithm, digest_of
from shared.kernel.clock import china_now
from shared.runtime.call import Call, written
from shared.runtime.database import ServiceDatabase
from shared.runtime.keeping import coming_last
from shared.runtime.tables import audit_entry
from shared.runtime.work import Work

DONE = "done"
AT_ONCE = 1_000

_APPEND = insert(audit_entry)
_LAST = (
    select(audit_entry.c.number, audit_entry.c.digest)
    .order_by(audit_entry.c.number.desc())
    .limit(1)
)
_HOLD = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.audit_entry'))")


def note(
    work: Work,
    call: Call,
    action: str,
    *,
    about: str | None = None,
    outcome: str = DONE,
    algorithm: Algorithm = "sha256",
) -> None:
    """Write into the trail, when *work* is kept, that *call* did *action* or was refused it."""
    with work.begin():
        work.write(
            append,
            {
                "at": china_now(),
                "account": call.actor.account,
                "roles": [written(right) for right in call.actor.rights],
                "place_code": None,
                "call_id": call.call_id,
                "action": action,
                "about": about,
                "outcome": outcome,
                "algorithm": algorithm,
            },
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
        connection.execute(_HOLD)
    number, digest = head(connection)
    rows = []
    for entry in entries:
        number += 1
        row = entry | {"number": number}
        digest = digest_of(digest, _as_text(row))
        rows.append(row | {"digest": digest})
    connection.execute(_APPEND, rows)


def head(connection: Connection) -> tuple[int, str]:
    """Return number and digest of the last row; zero and zeros where there is none."""
    last = connection.execute(_LAST).first()
    return (0, BEGINNING) if last is None else (last.number, last.digest)


def trail(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield the whole trail as its digests cover it, from the first row on."""
    after = 0
    while True:
        asked = (
            select(audit_entry)
            .where(audit_entry.c.number > after)
            .order_by(audit_entry.c.number)
            .limit(AT_ONCE)
        )
        rows = connection.execute(asked).all()
        if not rows:
            return
        for row in rows:
            yield {**_as_text(row._asdict()), "digest": row.digest}
        after = rows[-1].number


def _as_text(row: dict[str, Any]) -> dict[str, Any]:
    at: datetime = row["at"]
    return {name: row[name] for name in FIELDS} | {
        "at": at.astimezone(UTC).isoformat(timespec="microseconds")
    }
