"""Rows of a file are looked at as they come: what each would do, and all that is wrong with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.register.domain.import_row import fields_of, key_of, read
from services.register.domain.imported import (
    CheckedRow,
    Import,
    RowAction,
    kept_where_silent,
    not_in_state,
)
from services.register.domain.kinds import wrong_in
from services.register.domain.record import Record, differences, saying
from services.register.ports import GridLocator, ImportStore, RecordStore, Transaction
from services.register.usecases.import_records import own
from services.register.usecases.register_record import wrong_day
from services.register.usecases.whereabouts import Spot
from shared.contracts.register import ImportRows, RecordOrder
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.coordinates import to_wgs84
from shared.kernel.errors import FieldError
from shared.kernel.place import Place, PlaceStatus
from shared.kernel.rights import Permission


@dataclass(frozen=True, slots=True)
class Said:
    """A row as it was read, before anything else is asked."""

    number: int
    order: RecordOrder | None
    house_no: str | None
    errors: list[FieldError]


@dataclass(frozen=True, slots=True)
class CheckRows:
    store: RecordStore
    imports: ImportStore
    grid: GridLocator
    transaction: Transaction
    clock: Clock

    def __call__(self, import_id: str, sent: ImportRows, *, actor: Actor) -> Import:
        """Look at some rows and keep what was found; sent again they take the place of what they were.

        Raises:
            NotFound: the import is not the actor's.
            RuleBroken: all its rows have come already.
        """
        now = self.clock()
        before = self.imports.find(import_id)
        kind_fields = fields_of(before.headings) if before else []
        said = [] if before is None else self._read(before, kind_fields, sent, now)
        places = self._places([row.order for row in said])
        with self.transaction.begin():
            found = own(self.imports, import_id, actor)
            if found.state != "receiving":
                raise not_in_state(found.state)
            rows = [
                self._checked(row, place, actor) for row, place in zip(said, places, strict=True)
            ]
            self.imports.put_rows(import_id, list(self._each_once(import_id, rows)))
            after = _counted(self.imports.counted(found), now)
            self.imports.save(after)
        return after

    def _read(
        self, before: Import, fields: list[str | None], sent: ImportRows, now: datetime
    ) -> list[Said]:
        said = []
        for number, cells in enumerate(
            sent.rows[: max(0, before.total - sent.first + 1)], sent.first
        ):
            order, house_no, errors = read(before.kind, fields, cells)
            if order is not None:
                errors = [*wrong_in(before.kind, order), *_wrong_rest(order, house_no, now)]
            said.append(Said(number, order, house_no, errors))
        return said

    def _places(self, orders: Sequence[RecordOrder | None]) -> list[Place | None]:
        points = [order.location for order in orders if order and order.location]
        found = iter(self.grid.locate_many(points) if points else ())
        return [next(found) if order and order.location else None for order in orders]

    def _checked(self, row: Said, place: Place | None, actor: Actor) -> CheckedRow:
        order, errors = row.order, list(row.errors)
        spot = None
        if order is not None and not errors:
            spot = self._spot(order, place, row.house_no)
            errors += _wrong_spot(spot, row.house_no, actor)
        if order is None or spot is None or errors:
            return _refused(row.number, order, errors)
        alike = self.store.alike(order)
        known = [
            each for each in alike if actor.reaches(each.place.codes, Permission.REGISTER_IMPORT)
        ]
        if len(known) > 1:
            return _refused(row.number, order, [_several()])
        return CheckedRow(
            number=row.number,
            order=order,
            spot=spot.written(),
            action=_action(order, spot, known),
            target=known[0].record_id if known else None,
            target_version=known[0].version if known else None,
            key=key_of(order),
            errors=(),
            known=tuple(each.record_id for each in alike),
        )

    def _spot(self, order: RecordOrder, place: Place | None, house_no: str | None) -> Spot | None:
        if order.location is not None and place is not None:
            lon, lat = to_wgs84(order.location.lon, order.location.lat, order.location.crs)
            return Spot(lon=float(lon), lat=float(lat), place=place)
        house = None if house_no is None else self.store.house_of_no(house_no)
        if house is None:
            return None
        return Spot(lon=house.lon, lat=house.lat, place=house.place, house_id=house.record_id)

    def _each_once(self, import_id: str, rows: list[CheckedRow]) -> Iterator[CheckedRow]:
        """Yield the rows; one whose number stood in another row before is wrong."""
        numbers = [row.number for row in rows]
        keys = [row.key for row in rows if row.key is not None]
        seen = self.imports.keys_among(import_id, keys, besides=numbers)
        for row in rows:
            if row.key is not None and row.key in seen:
                yield _refused(row.number, row.order, [_repeated()])
                continue
            if row.key is not None:
                seen.add(row.key)
            yield row


def _action(order: RecordOrder, spot: Spot, known: list[Record]) -> RowAction:
    if not known:
        return "create"
    [record] = known
    said = saying(record, kept_where_silent(order, record), record.updated_at)
    stays = (spot.house_id, spot.lon, spot.lat) == (record.house_id, record.lon, record.lat)
    return "same" if stays and not differences(record, said) else "change"


def _counted(found: Import, now: datetime) -> Import:
    state = found.state
    if found.checked == found.total:
        state = "refused" if found.wrong else "checked"
    return replace(found, state=state, updated_at=now)


def _refused(number: int, order: RecordOrder | None, errors: list[FieldError]) -> CheckedRow:
    return CheckedRow(
        number=number,
        order=None,
        spot=None,
        action=None,
        target=None,
        target_version=None,
        key=None if order is None else key_of(order),
        errors=tuple(errors),
    )


def _wrong_rest(order: RecordOrder, house_no: str | None, now: datetime) -> Iterator[FieldError]:
    if order.since is not None:
        yield from wrong_day("since", order.since, now)
    if house_no is not None and order.kind != "person":
        yield FieldError(
            field="house_no",
            code="not_of_kind",
            zh="只有人可以登记在房屋内",
            en="only a person lives in a house",
        )
    elif (order.location is None) == (house_no is None):
        yield FieldError(
            field="location",
            code="one_place",
            zh="经纬度与房屋编号须填且只填一种",
            en="give either a point or the number of a house",
        )
    if key_of(order) is None:
        yield FieldError(
            field="source_no",
            code="no_number",
            zh="须有公民身份号码、统一社会信用代码或编号，以便重复导入时识别",
            en="give an identity number, a credit code or a number, so that it is known when it comes again",
        )


def _wrong_spot(spot: Spot | None, house_no: str | None, actor: Actor) -> Iterator[FieldError]:
    field = "location" if house_no is None else "house_no"
    if spot is None:
        yield FieldError(
            field=field,
            code="no_such_house",
            zh="没有这个编号的在册房屋",
            en="no house on record has this number",
        )
    elif spot.place.status is PlaceStatus.OUTSIDE:
        yield FieldError(
            field=field,
            code="outside_district",
            zh="不在本辖区任何网格之内",
            en="in no cell of the district",
        )
    elif not actor.reaches(spot.place.codes, Permission.REGISTER_IMPORT):
        yield FieldError(
            field=field, code="not_your_place", zh="不在您的辖区之内", en="not under your place"
        )


def _several() -> FieldError:
    return FieldError(
        field="source_no",
        code="several_on_record",
        zh="在册已有多个相同号码的登记对象，请先合并",
        en="several records have this number; merge them first",
    )


def _repeated() -> FieldError:
    return FieldError(
        field="source_no",
        code="repeated",
        zh="同一号码在文件中出现多次",
        en="the same number stands in several rows",
    )
