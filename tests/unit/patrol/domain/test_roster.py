from datetime import datetime
from typing import Any

import pytest

from services.patrol.domain.roster import (
    NO_LEADER,
    NO_OFFICER,
    Absence,
    Absences,
    Gap,
    gaps,
    present,
)
from shared.contracts.grid import OfficerSpan
from tests.builders.patrol_round import BEGIN, HOUR

DAY = 24 * HOUR
END = BEGIN + 30 * DAY


def a_span(account: str, *, leads: bool = False, **changed: Any) -> OfficerSpan:
    terms = {"valid_from": BEGIN - DAY, "valid_to": None} | changed
    return OfficerSpan(account=account, is_leader=leads, **terms)


def away(account: str, first: int, last: int, replaced_by: str | None = None) -> Absence:
    return Absence(
        absence_id=f"{account}-{first}",
        account=account,
        replaced_by=replaced_by,
        absent_from=BEGIN + first * DAY,
        absent_to=BEGIN + last * DAY,
    )


LEADER, MEMBER = a_span("leader", leads=True), a_span("member")


def at(day: int) -> datetime:
    return BEGIN + day * DAY


def found(spans: list[OfficerSpan], *absences: Absence) -> list[tuple[str, int, int]]:
    return [
        (gap.kind, (gap.begins - BEGIN).days, (gap.ends - BEGIN).days)
        for gap in gaps(spans, Absences(absences), BEGIN, END)
    ]


class TestGaps:
    def test_are_none_where_somebody_leads(self) -> None:
        assert found([LEADER, MEMBER]) == []

    def test_are_where_nobody_was_named_or_nobody_leads(self) -> None:
        assert found([]) == [(NO_OFFICER, 0, 30)]
        assert found([MEMBER]) == [(NO_LEADER, 0, 30)]

    def test_begin_where_the_last_term_ends(self) -> None:
        assert found([a_span("leader", leads=True, valid_to=at(5))]) == [(NO_OFFICER, 5, 30)]

    def test_end_where_the_next_term_begins(self) -> None:
        spans = [
            a_span("old", leads=True, valid_to=at(5)),
            a_span("new", leads=True, valid_from=at(7)),
        ]
        assert found(spans) == [(NO_OFFICER, 5, 7)]

    def test_open_when_somebody_is_on_leave_and_nobody_stands_in(self) -> None:
        assert found([LEADER], away("leader", 3, 4)) == [(NO_OFFICER, 3, 4)]
        assert found([LEADER, MEMBER], away("leader", 3, 4)) == [(NO_LEADER, 3, 4)]
        assert found([LEADER, MEMBER], away("member", 3, 4)) == []

    def test_are_closed_by_a_replacement_who_is_there_himself(self) -> None:
        assert found([LEADER], away("leader", 3, 6, "other")) == []
        assert found([LEADER], away("leader", 3, 6, "other"), away("other", 4, 5)) == [
            (NO_OFFICER, 4, 5)
        ]

    def test_are_one_where_they_follow_each_other(self) -> None:
        assert found([LEADER], away("leader", 3, 4), away("leader", 4, 6)) == [(NO_OFFICER, 3, 6)]

    def test_of_those_who_stand_in_for_each_other_have_nobody(self) -> None:
        ring = away("leader", 3, 4, "other"), away("other", 3, 4, "leader")
        assert found([LEADER], *ring) == [(NO_OFFICER, 3, 4)]

    def test_lie_within_what_was_asked_for(self) -> None:
        assert gaps([], Absences([]), at(1), at(2)) == [
            Gap(kind=NO_OFFICER, begins=at(1), ends=at(2))
        ]


class TestPresent:
    def test_names_the_leader_first_and_whom_somebody_stands_in_for(self) -> None:
        there = present([MEMBER, LEADER], Absences([away("leader", 0, 1, "other")]), BEGIN)

        assert [(one.account, one.is_leader, one.instead_of) for one in there] == [
            ("other", True, "leader"),
            ("member", False, None),
        ]

    def test_names_once_whoever_is_a_member_and_stands_in_for_the_leader(self) -> None:
        there = present([LEADER, MEMBER], Absences([away("leader", 0, 1, "member")]), BEGIN)

        assert [(one.account, one.is_leader) for one in there] == [("member", True)]

    @pytest.mark.parametrize(("day", "is_there"), [(-1, True), (0, True), (4, True), (5, False)])
    def test_ends_with_the_term(self, day: int, is_there: bool) -> None:
        spans = [a_span("leader", leads=True, valid_to=at(5))]
        assert bool(present(spans, Absences([]), at(day))) is is_there
