"""What is refused about absences, and why, in both languages."""

from collections.abc import Sequence

from shared.kernel.errors import Forbidden, NotFound, RuleBroken


def no_such_officer() -> NotFound:
    return NotFound(
        code="no_such_officer",
        zh="您的辖区内没有以此账号负责网格的网格员。",
        en="No officer of a cell under your place has this account.",
    )


def no_such_absence() -> NotFound:
    return NotFound(
        code="no_such_absence",
        zh="没有这条请假记录，或它不在您的辖区之内。",
        en="There is no such absence under your place.",
    )


def cells_of_others() -> Forbidden:
    return Forbidden(
        code="cells_of_others",
        zh="该网格员还负责辖区以外的网格，请由上一级登记。",
        en="This officer has cells beyond your place too; let the desk above record it.",
    )


def absent_already() -> RuleBroken:
    return RuleBroken(
        code="absent_already",
        zh="该网格员在这段时间已有请假记录。",
        en="This officer is recorded as absent in that time already.",
    )


def replacement_absent() -> RuleBroken:
    return RuleBroken(
        code="replacement_absent",
        zh="替岗人员在这段时间也不在岗。",
        en="Whoever is to stand in is absent in that time too.",
    )


def cells_left_without(cells: Sequence[str]) -> RuleBroken:
    named = ", ".join(cells[:10])
    return RuleBroken(
        code="cells_left_without",
        zh=f"以下网格将无人值守或没有网格长：{named}。请指定替岗人员，或注明 accept_gap。",
        en=f"These cells would be left without an officer or a leader: {named}. "
        "Name a replacement, or say accept_gap.",
    )
