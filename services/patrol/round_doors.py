"""The doors of patrol about rounds: planned, walked, followed and watched over."""

from typing import Any

import structlog

from services.patrol import round_wiring
from services.patrol.round_queries import alarms, rounds, tracks
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
from shared.kernel.rights import Permission
from shared.runtime.doors import HOUR_S, Doors, command, every, rpc

log = structlog.get_logger()

WATCH_ROUND_S = 20


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

    def _round(self, round_id: str) -> dict[str, Any]:
        return rounds.find_round(self.work.connection, round_id, self.call.actor)
