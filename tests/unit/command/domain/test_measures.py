"""The indicators and the mechanisms' figures, as data: whole, in both languages, and each with one name."""

import pytest

from services.command.domain.indicators import INDICATORS, measure_called, mechanism_called
from services.command.domain.measure import Dated, Figure, Kind, Measure, Target, Text
from services.command.domain.mechanisms import MECHANISMS
from shared.kernel.errors import NotFound
from shared.kernel.rights import PERMISSIONS, Permission

EVERY = [*INDICATORS, *(measure for each in MECHANISMS.values() for measure in each.measures)]
# Rules INC-07.
ASKED_FOR = "上报数 立案率 按时派遣率 按时处置率 结案率 返工率 退单率 重复发生率 满意率"
OF_ITEM_8 = "高位协调 综合执法 基层自治 公众参与 社会监督"
OF_ITEM_14 = "诉求表达 矛盾排查和预警 矛盾调处 应急管理 社会公共安全管理"


def test_the_indicators_are_those_of_the_rules() -> None:
    assert [each.title.zh for each in INDICATORS] == ASKED_FOR.split()


def test_the_mechanisms_are_five_of_item_8_and_five_of_item_14() -> None:
    titles = [each.title.zh for each in MECHANISMS.values()]

    assert titles == OF_ITEM_8.split() + OF_ITEM_14.split()
    for mechanism in MECHANISMS.values():
        assert mechanism.measures
        assert mechanism.lacks.zh
        assert mechanism.lacks.en
        item = "8" if mechanism.title.zh in OF_ITEM_8 else "14"
        assert item in mechanism.source.zh


@pytest.mark.parametrize("measure", EVERY, ids=lambda measure: measure.name)
def test_each_says_what_it_counts_and_is_found_by_its_name(measure: Measure) -> None:
    assert all((measure.title.zh, measure.title.en, measure.meaning.zh, measure.meaning.en))
    assert measure_called(measure.name) == measure
    # A count is of what was reported; a limit is in time by its own date or the matter's.
    assert measure.is_rate or (measure.kind, measure.dated) == (Kind.REPORTED, Dated.REPORTED)


def test_what_has_no_such_name_is_not_found() -> None:
    for called in (measure_called, mechanism_called):
        with pytest.raises(NotFound):
            called("luck")


def test_whoever_sees_a_figure_sees_its_rows() -> None:
    for role, permissions in PERMISSIONS.items():
        sees = (Permission.BOARD_READ in permissions, Permission.MATTER_READ in permissions)
        assert sees[0] == sees[1], role


def test_a_rate_of_nothing_is_none_and_meets_no_target() -> None:
    target = Target(value=0.9, comparator="at_least", source=Text(zh="", en=""))

    assert Figure(0, 0).value is None
    assert target.is_met_by(Figure(0, 0).value) is None
    assert target.is_met_by(Figure(9, 10).value) is True
    assert target.is_met_by(Figure(89, 100).value) is False


def test_figures_of_parts_add_up_to_that_of_the_whole() -> None:
    assert Figure(1, 2, 3) + Figure(4, 5, 6) == Figure(5, 7, 9)
    assert Figure(1, None, 3) + Figure(4, None, 6) == Figure(5, None, 9)
