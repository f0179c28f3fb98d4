"""A person leaves or dies, or something is there no longer."""

from dataclasses import dataclass, replace
from datetime import date

from services.register.domain.record import Record
from services.register.domain.refusals import raise_if_wrong, wrong_field
from services.register.domain.relation import Relation
from services.register.ports import Doing, Outbox, RecordStore, RelationStore, Transaction
from services.register.usecases.held_record import held
from services.register.usecases.register_record import wrong_day
from shared.contracts.register import EndOrder, RecordEnded
from shared.kernel.actor import Actor
from shared.kernel.clock import CHINA, Clock
from shared.kernel.errors import RuleBroken


@dataclass(frozen=True, slots=True)
class EndRecord:
    store: RecordStore
    relations: RelationStore
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, record_id: str, order: EndOrder, *, actor: Actor) -> Record:
        """Let a record end, and with it how it stands to others; it stays on record.

        Raises:
            NotFound, Forbidden, RuleBroken: as `held` does; or it is a house where people live.
            Invalid: the day lies ahead, or its kind does not end so: people leave or die, all else ceases.
        """
        now = self.clock()
        on = order.on or now.astimezone(CHINA).date()
        with self.transaction.begin():
            before = held(self.store, record_id, actor, version=order.version)
            _check(before, order, on)
            raise_if_wrong(wrong_day("on", on, now))
            after = replace(
                before,
                state=order.how,
                ended_on=on,
                version=before.version + 1,
                updated_at=now,
            )
            open_relations = self.relations.open_of(record_id)
            _check_empty(before, open_relations)
            self.relations.end([each.relation_id for each in open_relations], on)
            doing = Doing(action=order.how, at=now, by=actor.account, fields=["state"])
            self.store.save(after, doing)
            self.outbox.put(
                RecordEnded(
                    record_id=after.record_id,
                    kind=after.kind,
                    version=after.version,
                    areas=after.areas,
                    at=now,
                    by=actor.account,
                    state=after.state,
                    ended_on=on,
                ),
                occurred_at=now,
            )
        return after


def _check_empty(record: Record, open_relations: list[Relation]) -> None:
    if any(each.kind == "lives_in" and each.to_id == record.record_id for each in open_relations):
        raise RuleBroken(
            code="still_lived_in",
            zh="该房屋内仍登记有人居住；请先将其迁移或迁出。",
            en="People are on record as living in this house; move them first, or let them leave.",
        )


def _check(record: Record, order: EndOrder, on: date) -> None:
    if (record.kind == "person") == (order.how == "ceased"):
        raise wrong_field(
            "how",
            "not_of_kind",
            "人为 left 或 died，其余为 ceased",
            "people have left or died, all else has ceased",
        )
    if on < record.since:
        raise wrong_field("on", "ends_first", "结束早于开始", "it would end before it began")
