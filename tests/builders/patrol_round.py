"""Rounds of patrol, and what phones send of them, with good defaults."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.patrol.domain.patrol_round import PatrolRound, RoundPlace, RoundState, Stop
from services.patrol.domain.round_rules import RoundRules
from shared.contracts.patrol_rounds import CheckIn, RoundPlan, TrackBatch, TrackPoint
from shared.kernel.personal_data import FreeText
from shared.kernel.place import NamedArea, Point

BEGIN = datetime(2026, 11, 23, 1, tzinfo=UTC)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
GATE = Point(lon=112.2, lat=31.05, accuracy_m=8)
# About so many degrees of latitude are a metre.
METRE = 1 / 110_900

RULES = RoundRules(
    radius_urban_m=50,
    radius_rural_m=100,
    most_accuracy_m=100,
    points_share=0.8,
    least_minutes=10,
    most_speed_mps=50,
    early=HOUR,
    overrun=2 * HOUR,
    late=24 * HOUR,
    grace=5 * MINUTE,
    silent=30 * MINUTE,
    fresh=30 * MINUTE,
)


def a_stop(**changed: Any) -> Stop:
    stop = Stop(
        name=FreeText("东门"),
        lon=GATE.lon,
        lat=GATE.lat,
        radius_m=50,
        stay_s=0,
        cell="420802001001001",
    )
    return replace(stop, **changed)


def a_round(state: RoundState = RoundState.PLANNED, **changed: Any) -> PatrolRound:
    """Return a round of one officer, begun and ended on time where it was."""
    begun = state in (RoundState.RUNNING, RoundState.FINISHED)
    planned = PatrolRound(
        round_id="round-1",
        kind="routine",
        state=state,
        title=FreeText("日常巡查"),
        place=RoundPlace(
            district=NamedArea(code="420802", name="东宝区"),
            street=NamedArea(code="420802001", name="龙泉街道"),
            community=NamedArea(code="420802001001", name="一社区"),
            cell=NamedArea(code="420802001001001", name="一网格"),
        ),
        officers=("member",),
        stops=(a_stop(),),
        planned_from=BEGIN,
        planned_to=BEGIN + 2 * HOUR,
        least_minutes=10,
        check_in_minutes=None,
        planned_by="desk",
        planned_at=BEGIN - 24 * HOUR,
        updated_at=BEGIN - 24 * HOUR,
        started_at=BEGIN if begun else None,
        finished_at=BEGIN + HOUR if state is RoundState.FINISHED else None,
    )
    return replace(planned, **changed)


def a_plan(**changed: Any) -> RoundPlan:
    plan = RoundPlan(
        place="420802001001001",
        title="日常巡查",
        officers=["member"],
        planned_from=BEGIN,
        planned_to=BEGIN + 2 * HOUR,
    )
    return replace(plan, **changed)


def a_batch(*seqs: int, sent_at: datetime = BEGIN + 10 * MINUTE, **changed: Any) -> TrackBatch:
    """Return points one a minute from the round's begin, each a few metres north of the last."""
    points = [
        TrackPoint(
            seq=seq,
            at=BEGIN + seq * MINUTE,
            lon=GATE.lon,
            lat=GATE.lat + seq * 10 * METRE,
            accuracy_m=8,
        )
        for seq in seqs
    ]
    return replace(TrackBatch(sent_at=sent_at, points=points), **changed)


def a_check_in(**changed: Any) -> CheckIn:
    at = BEGIN + 5 * MINUTE
    given = CheckIn(key="check-1", location=GATE, at=at, sent_at=at, point=1)
    return replace(given, **changed)
