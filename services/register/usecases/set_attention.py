"""What a person is looked after for is set; nothing of it goes to the bus."""

from dataclasses import dataclass, replace

from services.register.domain.record import Record
from services.register.domain.refusals import changed_meanwhile, raise_if_wrong, wrong_field
from services.register.ports import Doing, RecordStore, Transaction
from services.register.usecases.held_record import held
from services.register.usecases.register_record import wrong_day
from shared.contracts.register import AttentionOrder, AttentionPersonalData
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.personal_data import plain
from shared.kernel.rights import Permission


@dataclass(frozen=True, slots=True)
class SetAttention:
    store: RecordStore
    transaction: Transaction
    clock: Clock

    def __call__(self, record_id: str, order: AttentionOrder, *, actor: Actor) -> Record:
        """Replace what a person is looked after for; what stood there stays in the fenced history.

        It has a version of its own: the record's would tell whoever sees it masked that there is something.

        Raises:
            NotFound, Forbidden, RuleBroken: as `held` does.
            Invalid: it is no person's, names a kind twice, or begins in the future.
        """
        now = self.clock()
        with self.transaction.begin():
            before = held(
                self.store,
                record_id,
                actor,
                version=None,
                permission=Permission.REGISTER_FENCED,
            )
            _check(before, order)
            for number, each in enumerate(order.attention):
                if each.since is not None:
                    raise_if_wrong(wrong_day(f"attention.{number}.since", each.since, now))
            after = replace(
                before,
                attention=tuple(order.attention),
                fenced_version=before.fenced_version + 1,
            )
            doing = Doing(
                action="attend",
                at=now,
                by=actor.account,
                was={"attention": [written(each) for each in before.attention]},
                is_fenced=True,
            )
            self.store.save(after, doing)
        return after


def written(each: AttentionPersonalData) -> dict[str, str | None]:
    """Return in clear what somebody is looked after for, to be sealed."""
    since = None if each.since is None else each.since.isoformat()
    return {"kind": each.kind, "since": since, "note": plain(each.note)}


def _check(record: Record, order: AttentionOrder) -> None:
    if record.kind != "person":
        raise wrong_field(
            "attention", "not_of_kind", "只有人可以列管", "only people are looked after"
        )
    if order.version != record.fenced_version:
        raise changed_meanwhile(record.fenced_version)
    kinds = [each.kind for each in order.attention]
    if len(set(kinds)) < len(kinds):
        raise wrong_field("attention", "repeated", "类别不得重复", "name a kind once")
