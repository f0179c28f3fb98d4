"""Whoever is out and was not heard of in time is told of as an alarm, once a silence."""

from dataclasses import dataclass
from datetime import datetime

from services.patrol.ports.rounds import Alarm, AlarmStore, Missing, RoundStore
from services.patrol.ports.writing import Outbox, Transaction
from services.patrol.usecases.telling_of_alarms import told_of_alarm
from shared.contracts.patrol_rounds import AlarmRaised
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class TellMissingOfficers:
    store: RoundStore
    alarms: AlarmStore
    outbox: Outbox
    transaction: Transaction
    clock: Clock

    def __call__(self, *, at_most: int) -> int:
        """Raise the alarms of some, and tell of them; return of how many people.

        Whoever somebody else holds at this moment, because he is being heard of, is left for the next time.
        """
        now = self.clock()
        with self.transaction.begin():
            missing = self.alarms.missing(now, at_most=at_most)
            for each in missing:
                self._raise(each, now)
        return len(missing)

    def _raise(self, missing: Missing, now: datetime) -> None:
        # Read again now that nobody else changes him: he may have been heard of a moment ago.
        walker = self.store.walker(missing.round_id, missing.account)
        kinds = walker.missed_by(now)
        self.store.keep_walker(walker.told_missing(kinds))
        for kind, since in kinds.items():
            alarm = Alarm(
                alarm_id=new_id(now),
                round_id=walker.round_id,
                account=walker.account,
                kind=kind,
                since=since,
                raised_at=now,
                place=missing.place,
            )
            if self.alarms.add(alarm):
                self.outbox.put(told_of_alarm(AlarmRaised, alarm, at=now), occurred_at=now)
