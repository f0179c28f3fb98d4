"""One record comes to stand to another: who owns it, works there, is responsible for it."""

from dataclasses import dataclass
from datetime import date

from services.register.domain.refusals import (
    no_such_relation,
    not_your_place,
    raise_if_wrong,
    wrong_field,
)
from services.register.domain.relation import RELATIONS, Relation
from services.register.ports import RecordStore, RelationStore, Transaction
from services.register.usecases.held_record import held
from services.register.usecases.register_record import wrong_day
from shared.contracts.register import RelationOrder
from shared.kernel.actor import Actor
from shared.kernel.clock import CHINA, Clock
from shared.kernel.errors import Invalid, RuleBroken
from shared.kernel.ids import new_id
from shared.kernel.rights import Permission


@dataclass(frozen=True, slots=True)
class RelateRecords:
    store: RecordStore
    relations: RelationStore
    transaction: Transaction
    clock: Clock

    def __call__(self, order: RelationOrder, *, actor: Actor) -> Relation:
        """Enter a relation; the same one again is refused.

        Raises:
            NotFound, Forbidden, RuleBroken: as `held` does of the record it goes to; or it is there.
            Invalid: these two do not stand so to each other.
        """
        now = self.clock()
        _check_ends(order)
        since = order.since or now.astimezone(CHINA).date()
        raise_if_wrong(wrong_day("since", since, now))
        with self.transaction.begin():
            to = held(self.store, order.to, actor, version=None)
            of_kinds, to_kinds = RELATIONS[order.kind]
            if to.kind not in to_kinds:
                raise _do_not_match("to")
            if order.of is not None:
                of = self.store.find(order.of)
                if of is None or not actor.reaches(of.place.codes, Permission.REGISTER_READ):
                    raise not_your_place("of")
                if of.kind not in of_kinds or not of.is_present:
                    raise _do_not_match("of")
            relation = Relation(
                relation_id=new_id(now),
                kind=order.kind,
                of_id=order.of,
                account=order.account,
                to_id=order.to,
                since=since,
            )
            if any(_is_same(each, relation) for each in self.relations.open_of(order.to)):
                raise _is_there()
            self.relations.add(relation, by=actor.account)
        return relation


@dataclass(frozen=True, slots=True)
class EndRelation:
    store: RecordStore
    relations: RelationStore
    transaction: Transaction
    clock: Clock

    def __call__(self, relation_id: str, *, actor: Actor) -> Relation:
        """Let a relation end today; ended before, it stays as it is.

        Raises:
            NotFound, Forbidden, RuleBroken: as `held` does of the record it goes to.
        """
        today: date = self.clock().astimezone(CHINA).date()
        with self.transaction.begin():
            found = self.relations.find(relation_id)
            if found is None:
                raise no_such_relation()
            held(self.store, found.to_id, actor, version=None)
            if found.kind == "lives_in":
                raise _by_moving()
            if found.is_open:
                self.relations.end([relation_id], today)
            return self.relations.find(relation_id) or found


def _check_ends(order: RelationOrder) -> None:
    if order.kind == "lives_in":
        raise _by_moving()
    if order.kind == "responsible" and (order.account is None or order.of is not None):
        raise wrong_field(
            "account",
            "needed",
            "责任人须填账号 account，不填 of",
            "who is responsible is an account; leave out `of`",
        )
    if order.kind != "responsible" and (order.of is None or order.account is not None):
        raise wrong_field("of", "needed", "须填登记对象 of", "name the record `of`")


def _is_same(one: Relation, other: Relation) -> bool:
    return (one.kind, one.of_id, one.account) == (other.kind, other.of_id, other.account)


def _do_not_match(field: str) -> Invalid:
    return wrong_field(
        field,
        "not_of_kind",
        "这种关联不能用于该类登记对象",
        "records of that kind do not stand so to each other",
    )


def _is_there() -> RuleBroken:
    return RuleBroken(
        code="related_already", zh="该关联已经登记。", en="That relation is on record already."
    )


def _by_moving() -> RuleBroken:
    return RuleBroken(
        code="lives_by_moving",
        zh="居住关系随登记和迁移（move）变动，不单独登记。",
        en="Where a person lives changes by moving (move), not by itself.",
    )
