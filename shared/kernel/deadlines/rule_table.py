"""The rules about time limits that are in force on a date, and what a district sets of them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise

from shared.kernel.deadlines.office_hours import OfficeHoursTable
from shared.kernel.deadlines.rule import Rule
from shared.kernel.deadlines.rule_rows import Rows, RowsWrong, read_rows
from shared.kernel.errors import FieldError, Invalid

FIRST_OF_A_DISTRICT = 100


class RuleTable:
    """All versions of all rules; the one in force is chosen by the date of the triggering event."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._versions: dict[str, list[Rule]] = defaultdict(list)
        for rule in rules:
            self._versions[rule.id].append(rule)
        for versions in self._versions.values():
            versions.sort(key=lambda rule: rule.effective_from)
            _check_profiles(versions)

    def in_force(self, on: date) -> list[Rule]:
        """Return the rules in force on a date, by their ids."""
        return [
            rule
            for rule_id in sorted(self._versions)
            for rule in self._versions[rule_id]
            if rule.is_on and rule.holds_on(on)
        ]

    def rule(self, rule_id: str, on: date) -> Rule:
        """Return the version of a rule that is in force on the date of an event.

        Raises:
            Invalid: there is no such rule, or it is in no force then.
        """
        versions = self._versions.get(rule_id)
        if versions is None:
            raise _not_in_force("没有这条期限规则", "there is no rule of this id")
        for rule in versions:
            if rule.is_on and rule.holds_on(on):
                return rule
        raise _not_in_force(f"这条期限规则在 {on} 不施行", f"this rule is not in force on {on}")

    def version(self, rule_id: str, number: int) -> Rule | None:
        """Return one version of a rule, in force or not."""
        return next((r for r in self._versions.get(rule_id, ()) if r.version == number), None)

    def with_settings(self, rows: Iterable[Rule]) -> "RuleTable":
        """Return the table with a district's rows, each in the place of ours from its first day on.

        A district's versions are counted from 100, so that a deadline tells by which it was set.

        Raises:
            RowsWrong: there is no such rule, a law says it and no district may set it, or the version
                is not a district's.
        """
        rules = [rule for versions in self._versions.values() for rule in versions]
        for row in rows:
            self._check_settable(row)
            rules = [_until(rule, row) for rule in rules] + [row]
        return RuleTable(rules)

    def _check_settable(self, row: Rule) -> None:
        ours = self._versions.get(row.id)
        if ours is None:
            raise RowsWrong(f"there is no rule {row.id}")
        if not all(rule.can_be_set for rule in ours):
            raise RowsWrong(f"{row.id} is what {ours[-1].law} says, and not a district's to set")
        if row.version < FIRST_OF_A_DISTRICT:
            raise RowsWrong(f"{row.id}: a district's versions begin at {FIRST_OF_A_DISTRICT}")


def _until(rule: Rule, row: Rule) -> Rule:
    """Return a rule of ours as it holds until a district's row takes its place."""
    if rule.id != row.id or rule.version >= FIRST_OF_A_DISTRICT:
        return rule
    day_before = row.effective_from - timedelta(days=1)
    return replace(rule, effective_to=min(rule.effective_to or day_before, day_before))


def _check_profiles(versions: list[Rule]) -> None:
    numbers = [rule.version for rule in versions]
    if len(set(numbers)) < len(numbers):
        raise RowsWrong(f"{versions[0].id} has a version twice")
    for earlier, later in pairwise(versions):
        if earlier.effective_to is None or earlier.effective_to >= later.effective_from:
            raise RowsWrong(f"two versions of {earlier.id} are in force at once")


def _not_in_force(zh: str, en: str) -> Invalid:
    return Invalid(
        code="rule_not_in_force",
        zh=f"{zh}；GET /clocks/rules 列出某日施行的规则。",
        en=f"{en[0].upper()}{en[1:]}; GET /clocks/rules lists those of a date.",
        errors=(FieldError(field="rule", code="rule_not_in_force", zh=zh, en=en),),
    )


@cache
def national_rules() -> RuleTable:
    """Return the rules that lie beside this module, one file for each part of the field."""
    folder = files("shared.kernel.deadlines") / "rules"
    found: list[Rule] = []
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            found += read_rows(file.read_text("utf-8"), name=file.name).rules
    return RuleTable(found)


def district_tables(text: str | None, *, name: str) -> tuple[RuleTable, OfficeHoursTable]:
    """Return the rules and office hours with what a district's file sets; none sets nothing.

    Raises:
        RowsWrong: the file is not right.
    """
    rows = Rows(rules=(), office_hours=()) if text is None else read_rows(text, name=name)
    return national_rules().with_settings(rows.rules), OfficeHoursTable(rows.office_hours)
