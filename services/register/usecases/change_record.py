"""What a record says is changed."""

from dataclasses import dataclass

from services.register.domain.kinds import wrong_in
from services.register.domain.record import (
    CLEAR_FIELDS,
    PERSONAL_FIELDS,
    Record,
    differences,
    saying,
)
from services.register.domain.refusals import raise_if_wrong
from services.register.ports import Doing, Outbox, RecordStore, Transaction
from services.register.usecases.held_record import held
from shared.contracts.register import ChangeOrder, RecordChanged
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.personal_data import plain


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    store: RecordStore
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, record_id: str, order: ChangeOrder, *, actor: Actor) -> Record:
        """Let a record say something else; what it said stays in its history.

        Raises:
            NotFound, Forbidden, RuleBroken: as `held` does.
            Invalid: its kind has no such field or lacks one, or a number fails its check digit.
        """
        now = self.clock()
        with self.transaction.begin():
            before = held(self.store, record_id, actor, version=order.version)
            raise_if_wrong(wrong_in(before.kind, order, keeps=_personal_of(before)))
            after = saying(before, order, now)
            fields = differences(before, after)
            if not fields:
                return before
            doing = Doing(
                action="change",
                at=now,
                by=actor.account,
                fields=fields,
                was=values_of(before, fields),
            )
            self.store.save(after, doing)
            self.outbox.put(told_of_change(after, fields, actor.account), occurred_at=now)
        return after


def _personal_of(record: Record) -> frozenset[str]:
    return frozenset(
        f"personal.{name}" for name in PERSONAL_FIELDS if getattr(record.personal, name)
    )


def values_of(record: Record, fields: list[str]) -> dict[str, str | bool | None]:
    """Return in clear what fields of a record say, for its sealed history."""
    said = {name: getattr(record, name) for name in CLEAR_FIELDS}
    said |= {f"personal.{name}": getattr(record.personal, name) for name in PERSONAL_FIELDS}
    return {
        name: plain(value) if isinstance(value := said[name], str) else value for name in fields
    }


def told_of_change(record: Record, fields: list[str], account: str | None) -> RecordChanged:
    return RecordChanged(
        record_id=record.record_id,
        kind=record.kind,
        version=record.version,
        areas=record.areas,
        at=record.updated_at,
        by=account,
        fields=fields,
    )
