"""The broker's refusals, taken from its log into the edge's audit trail: each once, however often it is read."""

import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, select

from deploy.broker_log import BrokerRefusal, refusals
from deploy.cli import screen
from deploy.cli.cannot_do import CannotDo
from deploy.cli.databases import chosen_settings, reaching
from shared.kernel.actor import Actor
from shared.kernel.audit_chain import Algorithm
from shared.runtime import audit
from shared.runtime.call import Call
from shared.runtime.database import ServiceDatabase
from shared.runtime.tables import audit_entry

LOOK_EVERY_S = 10.0
KEEPER = "gateway"
ACTION = "gateway.broker_refusal"


def note_refusals(log: Path, *, follow: bool) -> None:
    """Note in the edge's trail what the broker refused and is not noted yet; with *follow*, go on.

    Raises:
        CannotDo: the log or the database cannot be read.
    """
    algorithm = chosen_settings().audit_digest
    with reaching(KEEPER) as database:
        while True:
            count = _note_new(database, list(_read(log)), algorithm)
            if count or not follow:
                screen.show(f"已记入 · noted: {count}")
            if not follow:
                return
            time.sleep(LOOK_EVERY_S)


def _read(log: Path) -> Iterator[BrokerRefusal]:
    try:
        with log.open(encoding="utf-8", errors="replace") as lines:
            yield from refusals(lines)
    except OSError as error:
        raise CannotDo(
            f"无法读取 {log}：{error.strerror}。", f"Cannot read {log}: {error.strerror}."
        ) from None


def _note_new(database: ServiceDatabase, found: list[BrokerRefusal], algorithm: Algorithm) -> int:
    if not found:
        return 0
    with database.writing() as connection:
        known = _known(connection, found)
        new = [_entry(each, algorithm) for each in found if each.line not in known]
        if new:
            audit.append(connection, new)
    return len(new)


def _known(connection: Connection, found: list[BrokerRefusal]) -> set[str]:
    """Return which lines stand in the trail already."""
    row = audit_entry.c
    since = min(each.at for each in found)
    noted = select(row.call_id).where(row.action == ACTION, row.at >= since)
    return set(connection.scalars(noted))


def _entry(refusal: BrokerRefusal, algorithm: Algorithm) -> dict[str, object]:
    call = Call(call_id=refusal.line, actor=Actor(account=refusal.user))
    entry = audit.entry_of(
        call,
        ACTION,
        about=refusal.what,
        outcome=refusal.kind,
        reason=None if refusal.peer is None else f"from {refusal.peer}",
        algorithm=algorithm,
    )
    return entry | {"at": refusal.at}
