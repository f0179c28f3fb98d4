"""Puts real adapters behind the use cases of rounds."""

from datetime import datetime, timedelta

from services.patrol.clients import GridGround
from services.patrol.domain.round_rules import RoundRules
from services.patrol.store import track_forgetting
from services.patrol.store.absences import SqlAbsenceStore
from services.patrol.store.alarms import SqlAlarmStore
from services.patrol.store.check_ins import SqlCheckInStore
from services.patrol.store.rounds import SqlRoundStore
from services.patrol.store.tracks import SqlTrackStore
from services.patrol.store.visits import SqlVisitStore
from services.patrol.usecases.acknowledge_alarm import AcknowledgeAlarm
from services.patrol.usecases.cancel_round import CancelRound
from services.patrol.usecases.finish_round import FinishRound
from services.patrol.usecases.place_tracks import PlaceTracks
from services.patrol.usecases.plan_round import PlanRound
from services.patrol.usecases.record_absence import RecordAbsence
from services.patrol.usecases.start_round import StartRound
from services.patrol.usecases.take_check_in import TakeCheckIn
from services.patrol.usecases.take_track import TakeTrack
from services.patrol.usecases.tell_missing_officers import TellMissingOfficers
from services.patrol.usecases.withdraw_absence import WithdrawAbsence
from shared.contracts.grid import AssignedCell
from shared.kernel.clock import Clock, china_now
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import Outbox
from shared.runtime.settings import Settings
from shared.runtime.work import Work

AT_ONCE = 500
PLACED_AT_ONCE = 50
# Of a round nobody ended.
LAST_POSITION_KEPT = timedelta(days=1)


def rules_of(settings: Settings) -> RoundRules:
    """Return what the district holds rounds to."""
    return RoundRules(
        radius_urban_m=settings.patrol_radius_urban_m,
        radius_rural_m=settings.patrol_radius_rural_m,
        most_accuracy_m=settings.patrol_accuracy_m,
        points_share=settings.patrol_points_share,
        least_minutes=settings.patrol_least_minutes,
        most_speed_mps=settings.patrol_most_speed_mps,
        early=timedelta(minutes=settings.patrol_early_minutes),
        overrun=timedelta(minutes=settings.patrol_overrun_minutes),
        late=timedelta(hours=settings.patrol_late_hours),
        grace=timedelta(minutes=settings.patrol_grace_minutes),
        silent=timedelta(minutes=settings.patrol_silent_minutes),
        fresh=timedelta(minutes=settings.position_fresh_minutes),
    )


def plan_round(
    work: Work,
    outbox: Outbox,
    neighbours: Neighbours,
    settings: Settings,
    *,
    clock: Clock = china_now,
) -> PlanRound:
    ground = GridGround(neighbours)
    return PlanRound(SqlRoundStore(work), ground, outbox, work, rules_of(settings), clock)


def start_round(
    work: Work, outbox: Outbox, settings: Settings, *, clock: Clock = china_now
) -> StartRound:
    return StartRound(SqlRoundStore(work), outbox, work, rules_of(settings), clock)


def finish_round(
    work: Work, outbox: Outbox, settings: Settings, *, clock: Clock = china_now
) -> FinishRound:
    return FinishRound(
        SqlRoundStore(work),
        SqlCheckInStore(work),
        SqlTrackStore(work),
        outbox,
        work,
        rules_of(settings),
        clock,
    )


def cancel_round(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> CancelRound:
    return CancelRound(SqlRoundStore(work), outbox, work, clock)


def take_track(work: Work, settings: Settings, *, clock: Clock = china_now) -> TakeTrack:
    return TakeTrack(
        SqlRoundStore(work),
        SqlTrackStore(work),
        SqlAlarmStore(work),
        work,
        rules_of(settings),
        clock,
    )


def take_check_in(
    work: Work, outbox: Outbox, settings: Settings, *, clock: Clock = china_now
) -> TakeCheckIn:
    return TakeCheckIn(
        SqlRoundStore(work),
        SqlCheckInStore(work),
        SqlAlarmStore(work),
        outbox,
        work,
        rules_of(settings),
        clock,
    )


def acknowledge_alarm(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> AcknowledgeAlarm:
    return AcknowledgeAlarm(SqlAlarmStore(work), outbox, work, clock)


def tell_missing_officers(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> int:
    """Raise all alarms that are due, some in a transaction; return of how many people."""
    use_case = TellMissingOfficers(SqlRoundStore(work), SqlAlarmStore(work), outbox, work, clock)
    told = 0
    while some := use_case(at_most=AT_ONCE):
        work.keep()
        told += some
        if some < AT_ONCE:
            break
    work.close()
    return told


def forget_tracks(work: Work, settings: Settings, *, clock: Clock = china_now) -> int:
    """Forget where officers were so long ago, some hundreds in a transaction; return how many batches went."""
    now = clock()
    before = now - timedelta(days=settings.track_kept_days)
    forgotten = 0
    while True:
        with work.begin():
            tracks = track_forgetting.forget_tracks(work.connection, before, at_most=AT_ONCE)
            check_ins = track_forgetting.forget_check_in_positions(
                work.connection, before, at_most=AT_ONCE
            )
            track_forgetting.forget_last_positions(work.connection, now - LAST_POSITION_KEPT)
        work.keep()
        forgotten += tracks
        if max(tracks, check_ins) < AT_ONCE:
            return forgotten


def record_absence(
    work: Work, outbox: Outbox, neighbours: Neighbours, *, clock: Clock = china_now
) -> RecordAbsence:
    return RecordAbsence(SqlAbsenceStore(work), GridGround(neighbours), outbox, work, clock)


def withdraw_absence(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> WithdrawAbsence:
    return WithdrawAbsence(SqlAbsenceStore(work), outbox, work, clock)


def place_tracks(work: Work, neighbours: Neighbours, settings: Settings) -> int:
    """Count the visits of all batches that wait, some in a transaction; return of how many."""
    ground = GridGround(neighbours)
    use_case = PlaceTracks(SqlVisitStore(work), ground, work, rules_of(settings))
    placed = 0
    while some := use_case(at_most=PLACED_AT_ONCE):
        work.keep()
        placed += some
    work.close()
    return placed


def cells_under(
    neighbours: Neighbours, place: str | None, span: tuple[datetime, datetime]
) -> list[AssignedCell]:
    return GridGround(neighbours).cells_under(place, *span)
