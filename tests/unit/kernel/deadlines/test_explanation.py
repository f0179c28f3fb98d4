"""What a clerk reads to check a deadline by hand."""

from shared.kernel.deadlines.explanation import explained
from shared.kernel.deadlines.limit import Direction, Limit
from shared.kernel.deadlines.stop import Stop
from shared.kernel.deadlines.unit import Unit
from tests.unit.kernel.deadlines.counting import CLOCK, RECKONER, at, stop


def told(limit: Limit, start: str, *stops: Stop) -> tuple[str, str]:
    said = explained(RECKONER.reckon(limit, at(start), stops), RECKONER)
    assert len(said.zh.splitlines()) == len(said.en.splitlines())
    return said.zh, said.en


class TestExplained:
    def test_names_rule_source_and_version(self) -> None:
        rule = CLOCK.rules.rule("petition.handle", at("2026-03-02").date())
        said = explained(RECKONER.reckon(rule.limit(30), at("2026-03-02")), RECKONER, rule)

        assert (
            "信访事项办结（自受理）（petition.handle，第 2 版；信访工作条例第三十四条）" in said.zh
        )
        assert "延长 30 日（自然日），共 90 日（自然日）" in said.zh
        assert "不顺延（若顺延为 2026-06-01）；宜在2026-05-29（星期五）前办结" in said.zh
        assert "rolled it would be 2026-06-01" in said.en

    def test_says_which_days_are_off_and_which_are_worked_instead(self) -> None:
        zh, en = told(Limit(amount=5, unit=Unit.WORKING_DAY), "2026-02-12")

        assert "2026-02-13 – 2026-02-26 共 14 天" in zh
        assert "2026-02-15 – 2026-02-23（春节）" in zh
        assert "调休上班 2026-02-14（星期六）" in zh
        assert "工作日 5 天" in zh
        assert "2026-02-14 (Saturday)" in en
        assert "截止于 2026-02-26 24:00" in zh

    def test_takes_stopped_days_off_the_count(self) -> None:
        stopped = stop("2026-03-04T10:00", "2026-03-09T10:00")
        zh, en = told(Limit(amount=5, unit=Unit.WORKING_DAY), "2026-03-02", stopped)

        assert "共 5 天不计入" in zh
        assert "中止期间的工作日 3 天扣除，余 5 天" in zh
        assert "3 of the working days lie in stops, which leaves 5" in en

    def test_shows_what_counts_of_each_day_of_working_hours(self) -> None:
        zh, _ = told(Limit(amount=2, unit=Unit.WORKING_HOUR), "2026-11-27T16:30")

        assert "2026-11-27（星期五）办公 08:30–12:00、14:30–17:30，计 1:00" in zh
        assert "2026-11-30（星期一）办公 08:30–12:00、14:30–17:30，计 1:00" in zh

    def test_says_what_is_provisional_and_why(self) -> None:
        zh, en = told(Limit(amount=20, unit=Unit.WORKING_DAY), "2026-12-15")

        assert "2027 年的节假日安排尚未公布" in zh
        assert "the calendar of 2027 is not published" in en

    def test_counts_back_in_words(self) -> None:
        limit = Limit(amount=7, unit=Unit.WORKING_DAY, direction=Direction.BACKWARD)
        zh, en = told(limit, "2026-10-15")

        assert "向前数 7 个工作日为2026-09-30（星期三）" in zh
        assert "on that day at the latest" in en

    def test_says_that_a_clock_stands(self) -> None:
        zh, en = told(
            Limit(amount=5, unit=Unit.WORKING_DAY), "2026-03-02", stop("2026-03-03", None)
        )

        assert "仍在中止之中" in zh
        assert "still stands" in en
