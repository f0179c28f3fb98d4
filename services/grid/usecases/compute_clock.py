"""A clerk counts a time limit, by a rule or as he gives it, and is shown how it was counted."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from services.grid.domain.shown_rule import shown_rule
from services.grid.domain.written_time import is_date, read_time, wrong_time
from shared.contracts.clocks import ClockOrder
from shared.kernel.clock import CHINA
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.deadlines.explanation import explained, other_dates
from shared.kernel.deadlines.limit import Direction, Ends, Limit
from shared.kernel.deadlines.reckoning import Reckoning
from shared.kernel.deadlines.rule import Rule
from shared.kernel.deadlines.stop import Stop, checked_stops
from shared.kernel.errors import FieldError, Invalid


@dataclass(frozen=True, slots=True)
class ComputeClock:
    clock: DeadlineClock

    def __call__(self, order: ClockOrder) -> dict[str, Any]:
        """Count the limit.

        Raises:
            Invalid: it names neither or both of rule and amount, no such rule is in force on the day,
                a time is none, a stop or the extension is not permitted, or a date lies outside 2004
                to 2100.
        """
        _refuse(list(_mixed(order)))
        start, stops = _times(order)
        rule = None
        if order.rule is not None:
            rule = self.clock.rules.rule(order.rule, start.date())
        limit = _limit(order, rule)
        _refuse(list(_unfit(order, limit)))
        grounds = None if rule is None else rule.grounds
        in_order = checked_stops(stops, grounds=grounds)
        reckoned = self.clock.reckoner.reckon(limit, start, in_order)
        return self._shown(reckoned, rule)

    def _shown(self, reckoned: Reckoning, rule: Rule | None) -> dict[str, Any]:
        reckoner = self.clock.reckoner
        others = other_dates(reckoned, reckoner)
        due: Any = None
        if reckoned.due is not None:
            of_days = reckoned.limit.unit.is_of_days
            due = reckoned.due.on if of_days else reckoned.due.at
        return {
            "due": due,
            # An act is in time up to and at this instant.
            "due_at": reckoned.due.at if reckoned.due else None,
            "provisional": reckoned.is_provisional,
            "standing": reckoned.is_standing,
            "rolled_to": others.rolled_to,
            "working_day_before": others.working_day_before,
            "rule": None if rule is None else shown_rule(rule),
            "calendar_version": reckoned.calendar_version,
            "explanation": asdict(explained(reckoned, reckoner, rule)),
        }


def _mixed(order: ClockOrder) -> Iterator[FieldError]:
    """Find what does not go together: a rule says itself how much of what it is."""
    own = ("amount", "unit", "direction", "roll_forward", "ends")
    if order.rule is not None:
        for name in own:
            if getattr(order, name) is not None:
                zh, en = "已给出规则，不得再给", "the rule says it itself"
                yield FieldError(field=name, code="given_by_rule", zh=zh, en=en)
        return
    for name in ("amount", "unit"):
        if getattr(order, name) is None:
            zh, en = "请给出规则（rule），或期限与单位", "give a rule, or an amount and a unit"
            yield FieldError(field=name, code="missing", zh=zh, en=en)
    if order.extension:
        zh, en = "延长须依规则（rule）", "an extension goes by a rule"
        yield FieldError(field="extension", code="needs_rule", zh=zh, en=en)


def _limit(order: ClockOrder, rule: Rule | None) -> Limit:
    if rule is not None:
        return rule.limit(order.extension)
    if order.amount is None or order.unit is None:
        raise ValueError("neither a rule nor a limit")
    return Limit(
        amount=order.amount,
        unit=order.unit,
        direction=order.direction or Direction.FORWARD,
        rolls=order.roll_forward or False,
        ends=order.ends or Ends.MIDNIGHT,
    ).checked()


def _unfit(order: ClockOrder, limit: Limit) -> Iterator[FieldError]:
    """Find what this kind of limit cannot be given."""
    if not limit.unit.is_of_days and is_date(order.start):
        zh, en = "按小时计算的期限须给出时刻", "a limit of hours runs from a time, not from a date"
        yield FieldError(field="from", code="needs_time", zh=zh, en=en)
    if limit.direction is Direction.BACKWARD and order.stops:
        zh, en = "倒数的期限不中止", "what is counted back is not stopped"
        yield FieldError(field="stops", code="counted_back", zh=zh, en=en)


def _times(order: ClockOrder) -> tuple[datetime, list[Stop]]:
    wrong: list[FieldError] = []

    def read(text: str, field: str) -> datetime:
        try:
            return read_time(text)
        except ValueError:
            wrong.append(wrong_time(field))
            return datetime.max.replace(tzinfo=CHINA)

    start = read(order.start, "from")
    stops = [
        Stop(
            begins=read(stop.begins, f"stops.{number}.from"),
            ends=None if stop.ends is None else read(stop.ends, f"stops.{number}.to"),
            ground=stop.ground,
        )
        for number, stop in enumerate(order.stops)
    ]
    _refuse(wrong)
    return start, stops


def _refuse(wrong: list[FieldError]) -> None:
    if wrong:
        raise Invalid(
            code="invalid",
            zh="有字段不合要求，详见 errors。",
            en="Some fields are wrong; see errors.",
            errors=tuple(wrong),
        )
