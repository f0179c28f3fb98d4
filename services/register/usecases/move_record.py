"""Somebody moves to another house or place, or something is put elsewhere."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.register.domain.record import Record
from services.register.domain.relation import Relation
from services.register.ports import (
    Doing,
    GridLocator,
    Outbox,
    RecordStore,
    RelationStore,
    Transaction,
)
from services.register.usecases.held_record import held
from services.register.usecases.whereabouts import Spot, raise_unless_one, spot_at, spot_in
from shared.contracts.register import MoveOrder, RecordMoved
from shared.kernel.actor import Actor
from shared.kernel.clock import CHINA, Clock
from shared.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class MoveRecord:
    store: RecordStore
    relations: RelationStore
    grid: GridLocator
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, record_id: str, order: MoveOrder, *, actor: Actor) -> Record:
        """Put a record elsewhere in the district, also out of the actor's own place.

        Raises:
            NotFound, Forbidden, RuleBroken: as `held` does.
            Invalid: it goes outside the district, or into no house that the actor may know of.
        """
        now = self.clock()
        spot = spot_at(self.grid, order.location)
        with self.transaction.begin():
            before = held(self.store, record_id, actor, version=order.version)
            raise_unless_one(before.kind, order.location, order.house_id)
            if spot is None:
                spot = spot_in(self.store, order.house_id or "", actor)
            after = _at(before, spot, now)
            living_elsewhere(self.relations, after, actor.account)
            _put(self.store, self.outbox, before, after, actor.account)
            take_along(self.store, self.relations, self.outbox, after, actor.account)
        return after


def take_along(
    store: RecordStore, relations: RelationStore, outbox: Outbox, house: Record, account: str
) -> None:
    """Put whoever lives in a house that was moved to where it is now."""
    spot = Spot(lon=house.lon, lat=house.lat, place=house.place, house_id=house.record_id)
    for each in relations.open_of(house.record_id):
        if each.kind != "lives_in" or each.to_id != house.record_id or each.of_id is None:
            continue
        lodger = store.find(each.of_id)
        if lodger is not None:
            _put(store, outbox, lodger, _at(lodger, spot, house.updated_at), account)


def _put(store: RecordStore, outbox: Outbox, before: Record, after: Record, account: str) -> None:
    now = after.updated_at
    doing = Doing(action="move", at=now, by=account, fields=["location"], was=where(before))
    store.save(after, doing)
    outbox.put(told_of_move(before, after, account), occurred_at=now)


def living_elsewhere(relations: RelationStore, after: Record, account: str) -> None:
    """Let a person live no longer where he did, and in the house where he is now, if in any."""
    on = after.updated_at.astimezone(CHINA).date()
    left = [
        each.relation_id
        for each in relations.open_of(after.record_id)
        if each.kind == "lives_in" and each.of_id == after.record_id
    ]
    relations.end(left, on)
    if after.house_id is not None:
        relation = Relation(
            relation_id=new_id(after.updated_at),
            kind="lives_in",
            of_id=after.record_id,
            account=None,
            to_id=after.house_id,
            since=on,
        )
        relations.add(relation, by=account)


def _at(record: Record, spot: Spot, now: datetime) -> Record:
    return replace(
        record,
        lon=spot.lon,
        lat=spot.lat,
        place=spot.place,
        house_id=spot.house_id,
        version=record.version + 1,
        updated_at=now,
    )


def where(record: Record) -> dict[str, Any]:
    """Return where a record lies, for its history."""
    return {
        "lon": record.lon,
        "lat": record.lat,
        "house_id": record.house_id,
        "areas": record.areas,
        "boundary_version": record.place.boundary_version,
    }


def told_of_move(before: Record, after: Record, account: str | None) -> RecordMoved:
    return RecordMoved(
        record_id=after.record_id,
        kind=after.kind,
        version=after.version,
        areas=after.areas,
        at=after.updated_at,
        by=account,
        areas_before=before.areas,
    )
