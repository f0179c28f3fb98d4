"""A desk records that an officer will not be there, and who stands in."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.patrol.domain.roster import Absence, Absences, gaps
from services.patrol.domain.roster_refusals import (
    absent_already,
    cells_left_without,
    cells_of_others,
    no_such_officer,
    replacement_absent,
)
from services.patrol.domain.round_refusals import wrong
from services.patrol.ports.rosters import AbsenceStore, KeptAbsence, RosterGround
from services.patrol.ports.writing import Outbox, Transaction
from services.patrol.usecases.telling_of_absences import told_of_absence
from shared.contracts.grid import AssignedCell
from shared.contracts.rosters import AbsenceOrder, AbsenceRecorded
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id
from shared.kernel.rights import Permission

_LEVELS = ("district", "street", "community")


@dataclass(frozen=True, slots=True)
class RecordAbsence:
    store: AbsenceStore
    ground: RosterGround
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, order: AbsenceOrder, *, actor: Actor) -> KeptAbsence:
        """Keep the absence, and tell the others.

        Raises:
            NotFound: the account is of no officer under the actor's place.
            Forbidden: he has cells beyond it too.
            Invalid: the span ends first or is over, or he would stand in for himself.
            RuleBroken: he is absent already, his replacement is, or a cell would be left without anybody.
        """
        now = self.clock()
        if order.absent_to <= max(order.absent_from, now):
            raise wrong(
                "absent_to",
                "ends_first",
                "结束时间须晚于开始时间与现在",
                "the span must end after it begins, and after now",
            )
        if order.replaced_by == order.account:
            raise wrong("replaced_by", "same", "不能由本人替岗", "nobody stands in for himself")
        cells = self.ground.cells_of_officer(order.account, order.absent_from, order.absent_to)
        _check_reach(cells, actor)
        absence = Absence(
            absence_id=new_id(now),
            account=order.account,
            replaced_by=order.replaced_by,
            absent_from=order.absent_from,
            absent_to=order.absent_to,
        )
        kept = KeptAbsence(
            absence=absence,
            cells=tuple(cell.code for cell in cells),
            areas=_common_areas(cells),
            recorded_by=actor.account,
            recorded_at=now,
        )
        with self.transaction.begin():
            known = self.store.held_between(order.absent_from, order.absent_to)
            _check_absent(absence, known)
            if not order.accept_gap:
                _check_gaps(absence, known, cells)
            self.store.add(kept)
            self.outbox.put(
                told_of_absence(AbsenceRecorded, kept, at=now, by=actor.account), occurred_at=now
            )
        return kept


def _check_reach(cells: Sequence[AssignedCell], actor: Actor) -> None:
    reached = [actor.reaches(_codes(cell), Permission.PATROL_COMMAND) for cell in cells]
    if not any(reached):
        raise no_such_officer()
    if not all(reached):
        raise cells_of_others()


def _codes(cell: AssignedCell) -> tuple[str, ...]:
    codes = (cell.district, cell.street, cell.community, cell.code)
    return tuple(code for code in codes if code is not None)


def _common_areas(cells: Sequence[AssignedCell]) -> dict[str, str | None]:
    """Return the areas that all his cells lie in: whoever reaches those knows of his absence."""
    common: dict[str, str | None] = {}
    for level in _LEVELS:
        codes = {getattr(cell, level) for cell in cells}
        common[level] = codes.pop() if len(codes) == 1 else None
    return common


def _check_absent(absence: Absence, known: Sequence[Absence]) -> None:
    away = {each.account for each in known}
    if absence.account in away:
        raise absent_already()
    if absence.replaced_by in away:
        raise replacement_absent()


def _check_gaps(absence: Absence, known: Sequence[Absence], cells: Sequence[AssignedCell]) -> None:
    """Refuse what leaves a cell without somebody who was there before."""
    span = absence.absent_from, absence.absent_to
    before, after = Absences(known), Absences([*known, absence])
    left = [
        cell.code
        for cell in cells
        if gaps(cell.officers, after, *span) != gaps(cell.officers, before, *span)
    ]
    if left:
        raise cells_left_without(left)
