"""Two records of one person or unit become one."""

from dataclasses import dataclass, replace

from services.register.domain.record import Record, differences, same_exactly, standing_for
from services.register.domain.refusals import not_doubles
from services.register.domain.relation import Relation
from services.register.ports import Doing, Outbox, RecordStore, RelationStore, Transaction
from services.register.usecases.change_record import told_of_change, values_of
from services.register.usecases.held_record import held
from shared.contracts.register import MergeOrder, RecordMerged
from shared.kernel.actor import Actor
from shared.kernel.clock import CHINA, Clock
from shared.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class MergeRecords:
    store: RecordStore
    relations: RelationStore
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, record_id: str, order: MergeOrder, *, actor: Actor) -> Record:
        """Let another record stand for this one too; both keep their histories.

        Raises:
            NotFound, Forbidden, RuleBroken: as `held` does, of either; or they are no doubles.
        """
        if record_id == order.into:
            raise not_doubles()
        now = self.clock()
        with self.transaction.begin():
            double, kept = self._both(record_id, order, actor)
            if not same_exactly(double, kept):
                raise not_doubles()
            after = standing_for(kept, double, now)
            fields = differences(kept, after)
            merged = replace(
                double,
                state="merged",
                merged_into=kept.record_id,
                ended_on=now.astimezone(CHINA).date(),
                # What is fenced goes over whole; here nobody would look after it.
                attention=(),
                version=double.version + 1,
                updated_at=now,
            )
            self._hand_over(double, after, actor.account)
            self.store.save(merged, Doing(action="merge", at=now, by=actor.account))
            self.store.save(
                after,
                Doing(
                    action="take_over",
                    at=now,
                    by=actor.account,
                    fields=fields,
                    was=values_of(kept, fields) | {"double": double.record_id},
                ),
            )
            self.outbox.put(_told(merged, kept, actor), occurred_at=now)
            self.outbox.put(told_of_change(after, fields, actor.account), occurred_at=now)
        return after

    def _both(self, record_id: str, order: MergeOrder, actor: Actor) -> tuple[Record, Record]:
        """Hold both, always in the same order, lest two who merge crosswise wait for each other."""
        versions = {record_id: order.version, order.into: order.into_version}
        records = {
            each: held(self.store, each, actor, version=versions[each]) for each in sorted(versions)
        }
        return records[record_id], records[order.into]

    def _hand_over(self, double: Record, kept: Record, account: str) -> None:
        on = kept.updated_at.astimezone(CHINA).date()
        known = {_what(each, kept.record_id) for each in self.relations.open_of(kept.record_id)}
        left = self.relations.open_of(double.record_id)
        self.relations.end([each.relation_id for each in left], on)
        for each in left:
            # A person lives in one house: the one that the kept record says.
            if each.kind == "lives_in" and each.of_id == double.record_id:
                continue
            if _what(each, double.record_id) not in known:
                self.relations.add(_of(each, double, kept), by=account)


def _what(relation: Relation, record_id: str) -> tuple[str, str | None, str]:
    other = relation.account or (relation.to_id if relation.of_id == record_id else relation.of_id)
    return relation.kind, other, "of" if relation.of_id == record_id else "to"


def _of(relation: Relation, double: Record, kept: Record) -> Relation:
    is_of = relation.of_id == double.record_id
    return replace(
        relation,
        relation_id=new_id(),
        of_id=kept.record_id if is_of else relation.of_id,
        to_id=relation.to_id if is_of else kept.record_id,
    )


def _told(merged: Record, kept: Record, actor: Actor) -> RecordMerged:
    return RecordMerged(
        record_id=merged.record_id,
        kind=merged.kind,
        version=merged.version,
        areas=merged.areas,
        at=merged.updated_at,
        by=actor.account,
        into=kept.record_id,
    )
