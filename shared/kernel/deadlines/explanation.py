"""How a deadline was counted, step by step in Chinese and English, so that a clerk can check it by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from shared.kernel.deadlines.counting_words import Step, counted
from shared.kernel.deadlines.day_words import day_en, day_zh, end_of, instant
from shared.kernel.deadlines.limit import Direction, Limit
from shared.kernel.deadlines.reckoner import Reckoner
from shared.kernel.deadlines.reckoning import Reckoning
from shared.kernel.deadlines.rule import Rule
from shared.kernel.deadlines.stop import day_spans
from shared.kernel.deadlines.unit import amount_en, amount_zh

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The steps in each language, a line each."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherDates:
    """Of a limit that ends on a rest day and does not roll: where it would, and the day to aim at.

    Both are None where it ends on a working day (rules DL-02: show both dates).
    """

    rolled_to: date | None = None
    working_day_before: date | None = None


def other_dates(reckoned: Reckoning, reckoner: Reckoner) -> OtherDates:
    """Return the other dates of a limit counted in days."""
    calendar, last = reckoner.calendar, reckoned.ends_on
    if last is None or not reckoned.limit.unit.is_of_days or calendar.is_working(last):
        return OtherDates()
    return OtherDates(
        rolled_to=reckoner.rolled(last, reckoned.limit.direction),
        working_day_before=calendar.working_on_or_before(last),
    )


def explained(reckoned: Reckoning, reckoner: Reckoner, rule: Rule | None = None) -> Explanation:
    """Return how it was counted."""
    steps = list(_steps(reckoned, reckoner, rule))
    return Explanation(
        zh="\n".join(f"{number}. {step.zh}" for number, step in enumerate(steps, start=1)),
        en="\n".join(f"{number}. {step.en}" for number, step in enumerate(steps, start=1)),
    )


def _steps(reckoned: Reckoning, reckoner: Reckoner, rule: Rule | None) -> Iterator[Step]:
    yield _limit(reckoned.limit, rule)
    yield _start(reckoned)
    yield from _stops(reckoned)
    if reckoned.due is None:
        yield Step(
            zh="期限仍在中止之中，恢复之后方能确定届满日。",
            en="The clock still stands; the end is known once it runs again.",
        )
        return
    yield from counted(reckoned, reckoner)
    yield from _rolling(reckoned, reckoner)
    end = end_of(reckoned.due.on, reckoned.due.at)
    yield Step(zh=f"截止于 {end}（北京时间）。", en=f"It ends at {end}, China time.")
    if reckoned.is_provisional:
        yield _provisional(reckoned, reckoner)
    versions = reckoned.calendar_version
    yield Step(
        zh=f"所用日历版本：{versions}（年:版本，0 为尚未公布）。",
        en=f"Calendar versions used: {versions} (year:version, 0 is not published).",
    )


def _limit(limit: Limit, rule: Rule | None) -> Step:
    zh, en = amount_zh(limit.amount, limit.unit), amount_en(limit.amount, limit.unit)
    if limit.extension:
        zh += f"，延长 {amount_zh(limit.extension, limit.unit)}，共 {amount_zh(limit.whole, limit.unit)}"
        en += f", extended by {limit.extension}: {amount_en(limit.whole, limit.unit)} together"
    if rule is None:
        return Step(zh=f"期限：{zh}。", en=f"The limit: {en}.")
    source = f"{rule.law}{rule.article}"
    return Step(
        zh=f"规则：{rule.zh}（{rule.id}，第 {rule.version} 版；{source}）。期限：{zh}。",
        en=f"The rule: {rule.en} ({rule.id}, version {rule.version}; {source}). The limit: {en}.",
    )


def _start(reckoned: Reckoning) -> Step:
    day, begun = reckoned.start.date(), reckoned.day_zero
    if not reckoned.limit.unit.is_of_days:
        moment = instant(reckoned.start)
        return Step(zh=f"自 {moment} 起算。", en=f"It is counted from {moment}.")
    if reckoned.limit.direction is Direction.BACKWARD:
        return Step(
            zh=f"{day_zh(day)}当日不计入，自前一日起向前数。",
            en=f"{day_en(day)} does not count; counting goes back from the day before.",
        )
    if begun != day:
        return Step(
            zh=f"{day_zh(day)}起即中止，{day_zh(begun)}恢复；恢复当日为第 0 日，不计入。",
            en=f"The clock stood from {day_en(day)} and ran again on {day_en(begun)}: that is day 0, which does not count.",
        )
    return Step(
        zh=f"{day_zh(day)}为第 0 日，不计入，次日起算（民法典第二百零一条）。",
        en=f"{day_en(day)} is day 0 and does not count; counting begins the next day (Civil Code, Art. 201).",
    )


def _stops(reckoned: Reckoning) -> Iterator[Step]:
    if reckoned.limit.direction is Direction.BACKWARD:
        return
    if not reckoned.limit.unit.is_of_days:
        for stop in reckoned.stops:
            end = "…" if stop.ends is None else instant(stop.ends)
            yield Step(
                zh=f"{instant(stop.begins)} 至 {end} 中止，不计入。",
                en=f"From {instant(stop.begins)} to {end} the clock stood; that does not count.",
            )
        return
    for begins, ends in day_spans(reckoned.stops):
        if ends is None:
            zh, en = f"自{day_zh(begins)}起中止。", f"Stopped from {day_en(begins)}."
        else:
            days = (ends - begins).days
            zh = f"{day_zh(begins)}中止，{day_zh(ends)}恢复：自中止当日至恢复前一日共 {days} 天不计入。"
            en = f"Stopped on {day_en(begins)}, running again on {day_en(ends)}: the {days} days from the first to the one before the last do not count."
        yield Step(zh=zh, en=en)


def _rolling(reckoned: Reckoning, reckoner: Reckoner) -> Iterator[Step]:
    last, due = reckoned.ends_on, reckoned.due
    others = other_dates(reckoned, reckoner)
    if last is None or due is None or others.rolled_to is None:
        return
    if reckoned.limit.can_roll:
        back = reckoned.limit.direction is Direction.BACKWARD
        yield Step(
            zh=f"{day_zh(last)}是休息日，{'提前' if back else '顺延'}至{day_zh(due.on)}。",
            en=f"{day_en(last)} is a rest day; it goes {'back' if back else 'on'} to {day_en(due.on)}.",
        )
        return
    aim = others.working_day_before or last
    yield Step(
        zh=f"{day_zh(last)}是休息日，本期限不顺延（若顺延为 {others.rolled_to}）；宜在{day_zh(aim)}前办结。",
        en=f"{day_en(last)} is a rest day, and this limit does not roll (rolled it would be {others.rolled_to}); aim at {day_en(aim)}.",
    )


def _provisional(reckoned: Reckoning, reckoner: Reckoner) -> Step:
    due = reckoned.due.on if reckoned.due else reckoned.day_zero
    first, last = sorted((reckoned.start.date(), due))
    years = [
        str(year)
        for year in range(first.year, last.year + 1)
        if reckoner.calendar.version_of(year) is None
    ]
    return Step(
        zh=f"暂定：{'、'.join(years)} 年的节假日安排尚未公布，暂以星期一至星期五扣除 13 天法定节假日计算，公布后须重新计算。",
        en=f"Provisional: the calendar of {', '.join(years)} is not published; counted as Monday to Friday without the 13 statutory days, to be counted again once it is.",
    )
