"""Who is there for a cell: those responsible for it, less who is on leave, with who stands in (rules GRID-05, GRID-06)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.grid import OfficerSpan

NO_OFFICER, NO_LEADER = "no_officer", "no_leader"
GAP_KINDS = {
    NO_OFFICER: ("网格无人值守", "nobody is there for the cell"),
    NO_LEADER: ("网格没有网格长", "the cell has no leader"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Somebody is not there from a moment until before another."""

    absence_id: str
    account: str
    replaced_by: str | None
    absent_from: datetime
    absent_to: datetime

    def holds_at(self, moment: datetime) -> bool:
        return self.absent_from <= moment < self.absent_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """Somebody who is there; `instead_of` is whom he stands in for."""

    account: str
    is_leader: bool
    instead_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A cell lacks somebody, from a moment until before another."""

    kind: str
    begins: datetime
    ends: datetime


class Absences:
    """Absences by whom they are of."""

    def __init__(self, absences: Iterable[Absence]) -> None:
        self._of: dict[str, list[Absence]] = {}
        for absence in absences:
            self._of.setdefault(absence.account, []).append(absence)

    def of(self, account: str) -> list[Absence]:
        return self._of.get(account, [])

    def stands_in(self, account: str, moment: datetime) -> str | None:
        """Return who is there in place of an account: himself, who replaces him, or nobody.

        A replacement may be away too, and be replaced; of those who replace each other in a ring nobody is there.
        """
        seen = set[str]()
        there: str | None = account
        while there is not None and there not in seen:
            seen.add(there)
            away = next((each for each in self.of(there) if each.holds_at(moment)), None)
            if away is None:
                return there
            there = away.replaced_by
        return None

    def moments(self, account: str) -> set[datetime]:
        """Return when it may change who is there in place of an account."""
        moments, waiting, seen = set[datetime](), [account], set[str]()
        while waiting:
            one = waiting.pop()
            if one in seen:
                continue
            seen.add(one)
            for absence in self.of(one):
                moments |= {absence.absent_from, absence.absent_to}
                waiting += [absence.replaced_by] if absence.replaced_by else []
        return moments


def present(spans: Sequence[OfficerSpan], absences: Absences, at: datetime) -> list[Present]:
    """Return who is there for a cell at a moment, the leader first."""
    there: dict[str, Present] = {}
    for span in spans:
        if not (span.valid_from <= at and (span.valid_to is None or at < span.valid_to)):
            continue
        account = absences.stands_in(span.account, at)
        if account is not None and (account not in there or span.is_leader):
            there[account] = Present(
                account=account,
                is_leader=span.is_leader,
                instead_of=None if account == span.account else span.account,
            )
    return sorted(there.values(), key=lambda each: (not each.is_leader, each.account))


def gaps(
    spans: Sequence[OfficerSpan], absences: Absences, begins: datetime, ends: datetime
) -> list[Gap]:
    """Return when within a time a cell lacks an officer or, though it has one, a leader."""
    moments = {begins}
    for span in spans:
        moments |= {span.valid_from, span.valid_to or ends} | absences.moments(span.account)
    turns = sorted(moment for moment in moments if begins <= moment < ends)
    found: list[Gap] = []
    for begin, end in zip(turns, [*turns[1:], ends], strict=True):
        kind = _lacking(present(spans, absences, begin))
        if kind is not None and found and (found[-1].kind, found[-1].ends) == (kind, begin):
            found[-1] = Gap(kind=kind, begins=found[-1].begins, ends=end)
        elif kind is not None:
            found.append(Gap(kind=kind, begins=begin, ends=end))
    return found


def _lacking(there: list[Present]) -> str | None:
    if not there:
        return NO_OFFICER
    return None if any(each.is_leader for each in there) else NO_LEADER
