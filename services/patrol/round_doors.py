"""The doors of patrol about rounds: planned, walked, followed and watched over."""

from datetime import datetime, timedelta
from typing import Any

import structlog

from services.patrol import round_wiring
from services.patrol.queries import alarms, coverage, nearest, rosters, rounds, tracks
from services.patrol.queries.round_selection import cells_reached, only_place
from shared.contracts.grid import AssignedCell
from shared.contracts.patrol_rounds import (
    AlarmFilter,
    AlarmOrder,
    CheckIn,
    RoundCancellation,
    RoundFilter,
    RoundMark,
    RoundPlan,
    TrackBatch,
    TrackQuestion,
)
from shared.contracts.rosters import AbsenceOrder, RosterQuestion
from shared.kernel.clock import china_now
from shared.kernel.coordinates import to_wgs84
from shared.kernel.place import Point
from shared.kernel.rights import Permission
from shared.runtime.cursor import page_size
from shared.runtime.doors import HOUR_S, Doors, command, every, rpc

log = structlog.get_logger()

WATCH_ROUND_S = 20
PLACE_ROUND_S = 30
COVERED = timedelta(days=7)


class RoundDoors(Doors):
    """What the patrol service may be asked about rounds."""

    @command(Permission.PATROL_COMMAND, Permission.PATROL_WALK)
    def plan_round(self, plan: RoundPlan) -> dict[str, Any]:
        """Plan a round and return it."""
        use_case = round_wiring.plan_round(self.work, self.outbox, self.neighbours, self.settings)
        return self._round(use_case(plan, actor=self.call.actor).round_id)

    @command(Permission.PATROL_WALK)
    def start_round(self, round_id: str, mark: RoundMark) -> dict[str, Any]:
        """Begin a round and return it."""
        use_case = round_wiring.start_round(self.work, self.outbox, self.settings)
        return self._round(use_case(round_id, mark, actor=self.call.actor).round_id)

    @command(Permission.PATROL_COMMAND, Permission.PATROL_WALK)
    def finish_round(self, round_id: str, mark: RoundMark) -> dict[str, Any]:
        """End a round and return it."""
        use_case = round_wiring.finish_round(self.work, self.outbox, self.settings)
        return self._round(use_case(round_id, mark, actor=self.call.actor).round_id)

    @command(Permission.PATROL_COMMAND, Permission.PATROL_WALK)
    def cancel_round(self, round_id: str, order: RoundCancellation) -> dict[str, Any]:
        """Cancel a round that was not begun, and return it."""
        self.serving.reason = order.reason
        use_case = round_wiring.cancel_round(self.work, self.outbox)
        return self._round(use_case(round_id, order, actor=self.call.actor).round_id)

    @command(Permission.PATROL_WALK)
    def take_track(self, round_id: str, batch: TrackBatch) -> dict[str, Any]:
        """Keep points of a track; return how many were new, known and outside the round."""
        use_case = round_wiring.take_track(self.work, self.settings)
        return use_case(round_id, batch, actor=self.call.actor)

    @command(Permission.PATROL_WALK)
    def check_in(self, round_id: str, given: CheckIn) -> dict[str, Any]:
        """Keep a check-in and return whether it counts, and if not why."""
        use_case = round_wiring.take_check_in(self.work, self.outbox, self.settings)
        use_case(round_id, given, actor=self.call.actor)
        return rounds.find_check_in(
            self.work.connection, round_id, self.call.actor.account, given.key
        )

    @rpc(Permission.PATROL_READ, Permission.PATROL_WALK)
    def rounds(
        self, where: RoundFilter, limit: int = 50, cursor: str | None = None
    ) -> dict[str, Any]:
        """Return a page of rounds, newest first."""
        return rounds.find_rounds(
            self.work.connection, where, self.call.actor, limit=limit, cursor=cursor
        )

    @rpc(Permission.PATROL_READ, Permission.PATROL_WALK)
    def round(self, round_id: str) -> dict[str, Any]:
        """Return one round with its check-ins."""
        return self._round(round_id)

    @rpc(Permission.TRACK_READ, Permission.PATROL_WALK)
    def round_track(self, round_id: str, asked: TrackQuestion) -> dict[str, Any]:
        """Return the tracks of a round to a desk of its place, or one's own; each reading is on record."""
        asked = tracks.permitted(self.work.connection, round_id, asked, self.call.actor)
        found = tracks.find_tracks(
            self.work.connection, round_id, asked, round_wiring.rules_of(self.settings)
        )
        self.read_sensitive([round_id], why=asked.reason)
        return {"round": round_id, "tracks": found}

    @rpc(Permission.PATROL_READ)
    def patrol_alarms(
        self, where: AlarmFilter, limit: int = 50, cursor: str | None = None
    ) -> dict[str, Any]:
        """Return a page of alarms, newest first."""
        return alarms.find_alarms(
            self.work.connection, where, self.call.actor, limit=limit, cursor=cursor
        )

    @command(Permission.PATROL_COMMAND)
    def acknowledge_alarm(self, alarm_id: str, order: AlarmOrder) -> dict[str, Any]:
        """Take an alarm upon oneself and return it."""
        use_case = round_wiring.acknowledge_alarm(self.work, self.outbox)
        use_case(alarm_id, order, actor=self.call.actor)
        return alarms.find_alarm(self.work.connection, alarm_id)

    @rpc(Permission.TRACK_READ)
    def nearest_officers(self, point: Point, limit: int = 10) -> list[dict[str, Any]]:
        """Return who is out and nearest to a point; that they were looked for is on record."""
        lon, lat = to_wgs84(point.lon, point.lat, point.crs)
        found = nearest.nearest_officers(
            self.work.connection,
            lon,
            lat,
            self.call.actor,
            now=china_now(),
            fresh=round_wiring.rules_of(self.settings).fresh,
            most=page_size(limit),
        )
        self.read_sensitive([each["officer"] for each in found])
        return found

    @rpc(Permission.PATROL_READ)
    def coverage(self, asked: RosterQuestion) -> dict[str, Any]:
        """Return which cells rounds were in, in a period; by default the last seven days."""
        span = rosters.span_before(asked, china_now(), COVERED)
        return coverage.coverage(self.work.connection, self._cells(asked, span), asked, span)

    @rpc(Permission.PATROL_READ)
    def rosters(self, asked: RosterQuestion) -> dict[str, Any]:
        """Return a page of cells with who is there now, or at `since`."""
        at, until = rosters.span_of(asked, china_now(), timedelta(seconds=1))
        cells = self._cells(asked, (at, until))
        return rosters.rosters(self.work.connection, cells, asked, at)

    @rpc(Permission.PATROL_READ)
    def roster_gaps(self, asked: RosterQuestion) -> dict[str, Any]:
        """Return when cells lack an officer or a leader, now and in the coming thirty days."""
        now = china_now()
        span = rosters.span_of(asked, now, rosters.LOOKED_AHEAD)
        cells = self._cells(asked, span)
        return rosters.roster_gaps(self.work.connection, cells, asked, span, now)

    @rpc(Permission.PATROL_READ)
    def absences(self, asked: RosterQuestion) -> dict[str, Any]:
        """Return a page of who is away, now and in the coming thirty days."""
        span = rosters.span_of(asked, china_now(), rosters.LOOKED_AHEAD)
        return rosters.find_absences(self.work.connection, asked, self.call.actor, span)

    @command(Permission.PATROL_COMMAND)
    def record_absence(self, order: AbsenceOrder) -> dict[str, Any]:
        """Record that an officer will not be there, and return it."""
        use_case = round_wiring.record_absence(self.work, self.outbox, self.neighbours)
        kept = use_case(order, actor=self.call.actor)
        return rosters.find_absence(self.work.connection, kept.absence.absence_id)

    @command(Permission.PATROL_COMMAND)
    def withdraw_absence(self, absence_id: str) -> dict[str, Any]:
        """Take an absence back and return it."""
        round_wiring.withdraw_absence(self.work, self.outbox)(absence_id, actor=self.call.actor)
        return rosters.find_absence(self.work.connection, absence_id)

    @every(PLACE_ROUND_S)
    def place_tracks(self) -> None:
        """Count the cells that tracks were in."""
        if placed := round_wiring.place_tracks(self.work, self.neighbours, self.settings):
            log.info("tracks_placed", service=self.name, batches=placed)

    @every(WATCH_ROUND_S)
    def tell_missing_officers(self) -> None:
        """Tell of whoever is out and was not heard of in time."""
        if told := round_wiring.tell_missing_officers(self.work, self.outbox):
            log.info("officers_missed", service=self.name, count=told)

    @every(HOUR_S)
    def forget_tracks(self) -> None:
        """Forget where officers were longer ago than it is kept."""
        if forgotten := round_wiring.forget_tracks(self.work, self.settings):
            log.info("tracks_forgotten", service=self.name, batches=forgotten)

    def _cells(self, asked: RosterQuestion, span: tuple[datetime, datetime]) -> list[AssignedCell]:
        place = asked.place or only_place(self.call.actor, Permission.PATROL_READ)
        cells = round_wiring.cells_under(self.neighbours, place, span)
        return cells_reached(cells, self.call.actor, Permission.PATROL_READ)

    def _round(self, round_id: str) -> dict[str, Any]:
        return rounds.find_round(self.work.connection, round_id, self.call.actor)
