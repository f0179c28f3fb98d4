"""What happens to a deadline: it begins, is stopped, runs again, is extended, is counted anew.

Every step may come twice, as messages do: the second time changes nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.kernel.clock import CHINA
from shared.kernel.deadlines.deadline import Deadline, Extension
from shared.kernel.deadlines.reckoner import Reckoner
from shared.kernel.deadlines.reckoning import Reckoning
from shared.kernel.deadlines.rule import Rule
from shared.kernel.deadlines.rule_table import RuleTable
from shared.kernel.deadlines.stop import MOST_STOPS, Stop
from shared.kernel.errors import RuleBroken


@dataclass(frozen=True, slots=True)
class DeadlineClock:
    """Counts deadlines by the rules, the calendar and the office hours in force."""

    rules: RuleTable
    reckoner: Reckoner

    def begin(self, rule_id: str, at: datetime) -> Deadline:
        """Return the deadline that an event starts, by the version of the rule in force on its day.

        Raises:
            Invalid: no such rule is in force then.
        """
        rule = self.rules.rule(rule_id, at.astimezone(CHINA).date())
        reckoned = self.reckoner.reckon(rule.limit(), at)
        due = None if reckoned.due is None else reckoned.due.at
        return Deadline(
            rule_id=rule.id,
            rule_version=rule.version,
            calendar_version=reckoned.calendar_version,
            started_at=at,
            due_original=due,
            due_current=due,
            is_provisional=reckoned.is_provisional,
        )

    def suspend(self, deadline: Deadline, at: datetime, ground: str) -> Deadline:
        """Return the deadline with its clock stopped.

        Raises:
            RuleBroken: the ground is not permitted, the clock stands already, it has not begun by
                then, or the deadline is past.
        """
        stop = Stop(begins=at, ends=None, ground=ground)
        if any(each.begins == at and each.ground == ground for each in deadline.stops):
            return deadline
        if ground not in self.rule_of(deadline).grounds:
            raise RuleBroken(
                code="ground_not_permitted",
                zh=f"该期限不允许以“{ground}”中止。",
                en=f"This deadline cannot be stopped on the ground {ground}.",
            )
        if deadline.open_stop is not None:
            raise RuleBroken(
                code="clock_stands",
                zh="该期限已在中止之中。",
                en="The clock of this deadline stands already.",
            )
        _check_running(deadline, at)
        return self._counted(replace(deadline, stops=(*deadline.stops, stop)))

    def resume(self, deadline: Deadline, at: datetime) -> Deadline:
        """Return the deadline with its clock running again.

        Raises:
            RuleBroken: the clock runs, or was stopped later than that.
        """
        if deadline.stops and deadline.stops[-1].ends == at:
            return deadline
        stop = deadline.open_stop
        if stop is None:
            raise RuleBroken(
                code="clock_runs",
                zh="该期限没有中止，无从恢复。",
                en="The clock of this deadline runs; there is nothing to resume.",
            )
        if at < stop.begins:
            raise RuleBroken(
                code="before_the_stop",
                zh="恢复不得早于中止。",
                en="A clock cannot run again before it was stopped.",
            )
        stops = (*deadline.stops[:-1], replace(stop, ends=at))
        return self._counted(replace(deadline, stops=stops))

    def extend(self, deadline: Deadline, extension: Extension) -> Deadline:
        """Return the deadline extended.

        Raises:
            RuleBroken: it was not approved before the deadline, as often as the rule allows before,
                or has no reason.
            Invalid: it is longer than the rule allows.
        """
        if extension in deadline.extensions:
            return deadline
        rule = self.rule_of(deadline)
        rule.limit(deadline.extended_by + max(extension.amount, 0))
        times = 0 if rule.allowance is None else rule.allowance.times
        _check_extension(deadline, extension, times)
        return self._counted(replace(deadline, extensions=(*deadline.extensions, extension)))

    def recount(self, deadline: Deadline) -> Deadline:
        """Return an open deadline counted with the calendar in force now; one it does not touch as it is.

        Whoever keeps it compares both and logs the change: nothing is counted anew silently (DL-06).
        """
        return self._counted(deadline)

    def rule_of(self, deadline: Deadline) -> Rule:
        """Return the rule a deadline was set by, in force or not.

        Raises:
            RuleBroken: the table has that version no more.
        """
        rule = self.rules.version(deadline.rule_id, deadline.rule_version)
        if rule is None:
            raise RuleBroken(
                code="rule_version_gone",
                zh=f"规则 {deadline.rule_id} 的第 {deadline.rule_version} 版已不在规则表中。",
                en=f"Version {deadline.rule_version} of {deadline.rule_id} is in the table no more.",
            )
        return rule

    def reckoning_of(self, deadline: Deadline) -> Reckoning:
        """Return how a deadline counts now, for explaining it."""
        limit = self.rule_of(deadline).limit(deadline.extended_by)
        return self.reckoner.reckon(limit, deadline.started_at, deadline.stops)

    def _counted(self, deadline: Deadline) -> Deadline:
        reckoned = self.reckoning_of(deadline)
        return replace(
            deadline,
            calendar_version=reckoned.calendar_version,
            due_current=None if reckoned.due is None else reckoned.due.at,
            is_provisional=reckoned.is_provisional,
        )


def _check_running(deadline: Deadline, at: datetime) -> None:
    if deadline.is_overdue(at):
        raise RuleBroken(
            code="past_due",
            zh="期限已过，不能再中止。",
            en="The deadline is past and cannot be stopped any more.",
        )
    last = deadline.stops[-1].ends if deadline.stops else None
    if at < deadline.started_at or (last is not None and at < last):
        raise RuleBroken(
            code="out_of_order",
            zh="中止不得早于期限起算或上一次恢复。",
            en="A clock cannot be stopped before it began or ran again.",
        )
    if len(deadline.stops) >= MOST_STOPS:
        raise RuleBroken(
            code="too_many_stops",
            zh=f"一个期限至多中止 {MOST_STOPS} 次。",
            en=f"A deadline can be stopped {MOST_STOPS} times at most.",
        )


def _check_extension(deadline: Deadline, extension: Extension, times: int) -> None:
    if extension.amount < 1 or not extension.reason.strip() or not extension.approved_by.strip():
        raise RuleBroken(
            code="extension_incomplete",
            zh="延长须写明期间、理由和批准人。",
            en="An extension names how long, why, and who approved it.",
        )
    if len(deadline.extensions) >= times:
        raise RuleBroken(
            code="extended_before",
            zh=f"该期限至多延长 {times} 次。",
            en=f"This deadline can be extended {times} time(s) at most.",
        )
    due = deadline.due_current
    if due is not None and extension.approved_at >= due:
        raise RuleBroken(
            code="approved_too_late",
            zh="延长须在期限届满之前批准，不得事后补办。",
            en="An extension is approved before the deadline, never afterwards.",
        )
