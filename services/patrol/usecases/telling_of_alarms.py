"""What the others are told of an alarm."""

from datetime import datetime
from typing import Any, TypeVar

from services.patrol.ports.rounds import Alarm
from shared.contracts.patrol_rounds import AlarmTold

Told = TypeVar("Told", bound=AlarmTold)


def told_of_alarm(contract: type[Told], alarm: Alarm, *, at: datetime, **more: Any) -> Told:
    """Return the event about an alarm."""
    return contract(
        alarm_id=alarm.alarm_id,
        round_id=alarm.round_id,
        kind=alarm.kind,
        officer=alarm.account,
        areas=list(alarm.place.codes),
        since=alarm.since,
        at=at,
        **more,
    )
