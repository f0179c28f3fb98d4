"""Who is there for the cells, what rounds covered, and who is nearest – through the doors of patrol."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from services.patrol.round_wiring import rules_of
from services.patrol.service import PatrolService
from services.patrol.store.round_tables import absence_table, track_table, visit_table
from services.patrol.store.visits import SqlVisitStore
from services.patrol.usecases.place_tracks import PlaceTracks
from shared.contracts.grid import OfficerSpan
from shared.kernel.actor import Actor
from shared.kernel.clock import china_now
from shared.kernel.errors import Forbidden, Invalid, NotFound, RuleBroken
from shared.kernel.place import Point
from shared.runtime.audit import trail
from shared.runtime.tables import outbox
from shared.runtime.work import Work
from tests.builders.actor import a_duty_officer, a_grid_member
from tests.builders.patrol_round import HOUR, MINUTE
from tests.component.district import CELLS, COMMUNITIES, Grid, a_point_in
from tests.component.patrol.test_rounds import (
    CELL,
    DESK,
    ELSEWHERE,
    MEMBER,
    ask,
    begun,
    check_in,
    gate,
    mark,
    planned,
    points,
    send,
)
from tests.component.running import Running

DAY = 24 * HOUR
HERE = a_duty_officer("here", COMMUNITIES[0])


@pytest.fixture
def patrolling(patrol: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """Give patrol beside a grid in which `lead` leads all cells, and `member` is of the first."""
    since = china_now() - DAY

    def span(account: str, *, leads: bool = False) -> OfficerSpan:
        return OfficerSpan(account=account, is_leader=leads, valid_from=since, valid_to=None)

    officers = {cell: [span(f"lead-{cell[:12]}", leads=True)] for cell in CELLS}
    officers[CELL] = [span("only", leads=True), span("member")]
    officers[CELLS[1]] = []
    monkeypatch.setattr(Grid, "officers", officers)
    patrol.start(Grid, PatrolService, relays=False)
    return patrol


def absent(
    running: Running, account: str, actor: Actor = DESK, *, first: int = 1, **changed: Any
) -> dict[str, Any]:
    begin = china_now() + first * DAY
    order = {"account": account, "absent_from": begin, "absent_to": begin + DAY}
    found: dict[str, Any] = ask(running, "record_absence", actor, order=order | changed)
    return found


def gaps_of(running: Running, actor: Actor = DESK, **asked: Any) -> list[tuple[str, str]]:
    page = ask(running, "roster_gaps", actor, asked=asked)
    return [(gap["cell"], gap["kind"]) for gap in page["items"]]


class TestRosters:
    def test_say_which_cells_are_without_and_from_when(self, patrolling: Running) -> None:
        page = ask(patrolling, "roster_gaps", DESK, asked={})

        assert [(gap["cell"], gap["kind"]) for gap in page["items"]] == [(CELLS[1], "no_officer")]
        assert (page["cells"], page["cells_without_now"]) == (8, 1)
        assert page["items"][0]["open_ended"]
        assert gaps_of(patrolling, ELSEWHERE) == []
        with pytest.raises(NotFound):
            gaps_of(patrolling, place="999999")
        with pytest.raises(Invalid):
            gaps_of(patrolling, since=china_now(), until=china_now() - DAY)

    def test_leave_that_would_empty_a_cell_takes_a_replacement_or_a_word(
        self, patrolling: Running
    ) -> None:
        with pytest.raises(RuleBroken, match="cells_left_without"):
            absent(patrolling, "only")
        replaced = absent(patrolling, "only", replaced_by="other")
        assert gaps_of(patrolling, place=CELL) == []
        with pytest.raises(RuleBroken, match="absent_already"):
            absent(patrolling, "only", replaced_by="other")

        accepted = absent(patrolling, "only", first=5, accept_gap=True)
        assert gaps_of(patrolling, place=CELL) == [(CELL, "no_leader")]
        _, taken_back = (
            ask(patrolling, "withdraw_absence", DESK, absence_id=accepted["id"]) for _ in range(2)
        )
        assert taken_back["withdrawn_by"] == "desk"
        assert gaps_of(patrolling, place=CELL) == []
        during = datetime.fromisoformat(replaced["absent_from"]) + HOUR
        page = ask(patrolling, "rosters", DESK, asked={"place": CELL, "since": during})
        assert [(one["account"], one["instead_of"]) for one in page["items"][0]["officers"]] == [
            ("other", "only"),
            ("member", None),
        ]
        told = patrolling.rows("patrol", select(outbox.c.event_type).order_by(outbox.c.id))
        assert [row.event_type for row in told] == [
            "patrol.absence.recorded.v1",
            "patrol.absence.recorded.v1",
            "patrol.absence.withdrawn.v1",
        ]

    def test_are_kept_by_the_desk_that_reaches_all_cells_of_an_officer(
        self, patrolling: Running
    ) -> None:
        with pytest.raises(NotFound, match="no_such_officer"):
            absent(patrolling, "only", ELSEWHERE)
        with pytest.raises(NotFound, match="no_such_officer"):
            absent(patrolling, "nobody")
        with pytest.raises(Forbidden):
            absent(patrolling, "only", MEMBER)
        cell_alone = a_duty_officer("one", CELLS[2])
        with pytest.raises(Forbidden, match="cells_of_others"):
            absent(patrolling, f"lead-{COMMUNITIES[1]}", cell_alone, accept_gap=True)
        absent(patrolling, "member", HERE)
        assert patrolling.count("patrol", absence_table) == 1
        assert len(ask(patrolling, "absences", HERE, asked={})["items"]) == 1
        assert ask(patrolling, "absences", ELSEWHERE, asked={})["items"] == []

    def test_page_by_cell(self, patrolling: Running) -> None:
        first = ask(patrolling, "rosters", DESK, asked={"limit": 5})
        rest = ask(patrolling, "rosters", DESK, asked={"cursor": first["next_cursor"]})

        assert [item["cell"] for item in first["items"] + rest["items"]] == list(CELLS)


class InTheGrid:
    """The grid as the use case asks it, without the bus."""

    def cells_of(self, asked: list[Point]) -> list[str | None]:
        return [CELLS[round((point.lon - 112) * 100)] for point in asked]


def place_tracks(running: Running) -> int:
    work = Work(running.database("patrol"))
    use_case = PlaceTracks(SqlVisitStore(work), InTheGrid(), work, rules_of(running.settings))  # type: ignore[arg-type]
    placed = use_case(at_most=50)
    work.keep()
    work.close()
    return placed


class TestCoverage:
    def test_says_which_cells_rounds_were_in_and_which_points_they_reached(
        self, patrolling: Running
    ) -> None:
        of_round = begun(patrolling)
        send(patrolling, of_round, points(range(5), china_now() - 20 * MINUTE))
        elsewhere = [
            point | {"lon": a_point_in(CELLS[3]).lon}
            for point in points(range(2), china_now() - MINUTE)
        ]
        send(patrolling, of_round, elsewhere, device="b")
        check_in(patrolling, of_round)
        mark(patrolling, of_round, "finish_round")

        assert place_tracks(patrolling) == 2
        assert place_tracks(patrolling) == 0

        page = ask(patrolling, "coverage", DESK, asked={"until": china_now() + HOUR})
        assert (page["cells"], page["cells_visited"], page["points_share"]) == (8, 1, 1)
        last = page["items"][-1]
        assert (last["cell"], last["rounds"], last["points_reached"]) == (CELL, 1, 1)
        # Two points are no visit.
        assert patrolling.count("patrol", visit_table) == 2
        assert ask(patrolling, "coverage", ELSEWHERE, asked={})["cells_visited"] == 0

    def test_counts_a_batch_once_whatever_the_number_of_copies(self, patrolling: Running) -> None:
        of_round = begun(patrolling)
        send(patrolling, of_round, points(range(5), china_now() - 20 * MINUTE))
        [batch] = patrolling.rows("patrol", track_table)
        work = Work(patrolling.database("patrol"))
        store = SqlVisitStore(work)
        place_tracks(patrolling)

        with work.begin():
            counted = store.count(batch.id, batch.round_id, {})
        work.keep()

        assert not counted
        [visit] = patrolling.rows("patrol", visit_table)
        assert visit.points == 5


class TestNearest:
    def nearest(self, running: Running, actor: Actor = DESK, **point: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ask(running, "nearest_officers", actor, point=gate() | point)
        return found

    def out(self, running: Running, account: str, *, north_m: float) -> dict[str, Any]:
        walker = a_grid_member(account, CELL)
        of_round = planned(running, officers=[account])
        mark(running, of_round, "start_round", walker)
        now = china_now()
        here = {"seq": 1, "at": now, **gate(north_m)}
        send(running, of_round, [here], walker, sent_at=now)
        return of_round

    def test_tells_how_far_and_how_long_ago_and_not_where(self, patrolling: Running) -> None:
        self.out(patrolling, "far", north_m=900)
        self.out(patrolling, "near", north_m=300)

        found = self.nearest(patrolling)

        assert [one["officer"] for one in found] == ["near", "far"]
        assert found[0]["distance_m"] == pytest.approx(300, rel=0.01)
        assert 0 <= found[0]["age_s"] < 60
        assert not {"lon", "lat"} & found[0].keys()
        with patrolling.database("patrol").reading() as connection:
            reads = [e for e in trail(connection) if e["action"] == "patrol.nearest_officers"]
        assert len(reads) == 1

    def test_passes_over_who_is_home_on_leave_or_elsewhere(self, patrolling: Running) -> None:
        home = self.out(patrolling, "home", north_m=10)
        self.out(patrolling, "member", north_m=20)
        self.out(patrolling, "there", north_m=30)
        mark(patrolling, home, "finish_round", a_grid_member("home", CELL))
        absent(
            patrolling,
            "member",
            absent_from=china_now() - HOUR,
            absent_to=china_now() + timedelta(hours=1),
        )

        assert [one["officer"] for one in self.nearest(patrolling)] == ["there"]
        assert self.nearest(patrolling, ELSEWHERE) == []
        with pytest.raises(Forbidden):
            self.nearest(patrolling, MEMBER)
        with pytest.raises(Invalid):
            self.nearest(patrolling, lat=95)
