"""Somebody or something is entered into the register."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from services.register.domain.kinds import wrong_in
from services.register.domain.record import Record
from services.register.domain.refusals import not_your_place, raise_if_wrong
from services.register.domain.relation import Relation
from services.register.ports import (
    Doing,
    GridLocator,
    Outbox,
    RecordStore,
    RelationStore,
    Transaction,
)
from services.register.usecases.whereabouts import Spot, raise_unless_one, spot_at, spot_in
from shared.contracts.register import RecordOrder, RecordRegistered
from shared.kernel.actor import Actor
from shared.kernel.clock import CHINA, Clock
from shared.kernel.errors import FieldError
from shared.kernel.ids import new_id
from shared.kernel.rights import Permission

FIRST_DAY = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class RegisterRecord:
    store: RecordStore
    relations: RelationStore
    grid: GridLocator
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, order: RecordOrder, *, actor: Actor) -> Record:
        """Enter a record in the cell where it lies, and tell of it.

        Raises:
            Invalid: its kind has no such field or lacks one, a number fails its check digit, or it lies
                outside the district or the actor's place.
        """
        now = self.clock()
        raise_unless_one(order.kind, order.location, order.house_id)
        raise_if_wrong(_wrong(order, now))
        spot = spot_at(self.grid, order.location)
        with self.transaction.begin():
            if spot is None:
                spot = spot_in(self.store, order.house_id or "", actor)
            if not actor.reaches(spot.place.codes, Permission.REGISTER_CHANGE):
                raise not_your_place()
            record = new_record(order, spot, now)
            self.store.add(record, Doing(action="register", at=now, by=actor.account))
            if spot.house_id is not None:
                self.relations.add(living_in(record, spot.house_id), by=actor.account)
            self.outbox.put(told_of_new(record, actor.account), occurred_at=now)
        return record


def new_record(order: RecordOrder, spot: Spot, now: datetime) -> Record:
    """Return the record that an order enters."""
    return Record(
        record_id=new_id(now),  # lists are in the order of the ids
        kind=order.kind,
        version=1,
        state="present",
        name=order.name,
        type=order.type,
        source_no=order.source_no,
        credit_code=order.credit_code,
        rented=order.rented,
        personal=order.personal,
        house_id=spot.house_id,
        lon=spot.lon,
        lat=spot.lat,
        place=spot.place,
        since=order.since or now.astimezone(CHINA).date(),
        updated_at=now,
    )


def living_in(record: Record, house_id: str) -> Relation:
    """Return that a person lives in a house."""
    return Relation(
        relation_id=new_id(record.updated_at),
        kind="lives_in",
        of_id=record.record_id,
        account=None,
        to_id=house_id,
        since=record.since,
    )


def told_of_new(record: Record, account: str | None) -> RecordRegistered:
    return RecordRegistered(
        record_id=record.record_id,
        kind=record.kind,
        version=record.version,
        areas=record.areas,
        at=record.updated_at,
        by=account,
    )


def _wrong(order: RecordOrder, now: datetime) -> Iterator[FieldError]:
    yield from wrong_in(order.kind, order)
    if order.since is not None:
        yield from wrong_day("since", order.since, now)


def wrong_day(field: str, day: date, now: datetime) -> Iterator[FieldError]:
    """Yield what is wrong with a day on which something began or ended."""
    if day > now.astimezone(CHINA).date():
        yield FieldError(
            field=field, code="in_the_future", zh="日期晚于今天", en="the day lies ahead"
        )
    if day < FIRST_DAY:
        yield FieldError(
            field=field, code="long_ago", zh="日期早于 1900 年", en="the day lies before 1900"
        )
