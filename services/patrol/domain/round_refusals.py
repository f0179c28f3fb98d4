"""What is refused about rounds of patrol, and why, in both languages."""

from shared.kernel.errors import FieldError, Forbidden, Invalid, NotFound, RuleBroken


def no_such_round() -> NotFound:
    return NotFound(
        code="no_such_round",
        zh="没有这次巡查，或它不在您的辖区之内。",
        en="There is no such round under your place.",
    )


def no_such_alarm() -> NotFound:
    return NotFound(
        code="no_such_alarm",
        zh="没有这条告警，或它不在您的辖区之内。",
        en="There is no such alarm under your place.",
    )


def not_your_round() -> Forbidden:
    return Forbidden(
        code="not_your_round",
        zh="只有参加本次巡查的人员可以这样做。",
        en="Only those who walk this round may do this.",
    )


def only_own_routine() -> Forbidden:
    return Forbidden(
        code="only_own_routine",
        zh="您可为自己安排日常巡查；专项、联合巡查或他人的巡查由值班员安排。",
        en="You may plan a routine round for yourself; special and joint rounds, and those of others, are for duty officers.",
    )


def begun_already() -> RuleBroken:
    return RuleBroken(
        code="round_begun", zh="本次巡查已经开始。", en="The round has begun already."
    )


def over_already() -> RuleBroken:
    return RuleBroken(
        code="round_over", zh="本次巡查已经结束或取消。", en="The round is over or was cancelled."
    )


def not_begun() -> RuleBroken:
    return RuleBroken(
        code="round_not_begun",
        zh="本次巡查尚未开始，请先开始巡查。",
        en="The round has not begun; start it first.",
    )


def too_early() -> RuleBroken:
    return RuleBroken(
        code="too_early",
        zh="还没有到计划的巡查时间；若时间无误，请检查手机时钟或由值班员改排。",
        en="It is too early for this round; if it is not, look at the phone's clock, or let a duty officer plan another.",
    )


def too_late_to_start() -> RuleBroken:
    return RuleBroken(
        code="round_missed",
        zh="计划的巡查时间已过，请重新安排一次巡查。",
        en="The time planned for this round is over; plan another one.",
    )


def ended_before_it_began() -> RuleBroken:
    return RuleBroken(
        code="ends_first",
        zh="结束时间早于开始时间，请检查手机时钟。",
        en="The round would end before it began; look at the phone's clock.",
    )


def too_late_to_tell() -> RuleBroken:
    return RuleBroken(
        code="too_late",
        zh="巡查结束已久，不再接收轨迹和签到。",
        en="The round ended too long ago to take tracks and check-ins of it.",
    )


def too_many_points(most: int) -> RuleBroken:
    return RuleBroken(
        code="too_many_points",
        zh=f"一人一次巡查的轨迹至多 {most} 个点。",
        en=f"The track of one person on one round has at most {most} points.",
    )


def name_an_officer() -> RuleBroken:
    return RuleBroken(
        code="name_an_officer",
        zh="本次巡查的轨迹过长，请用 officer 指定一人分别查看。",
        en="The tracks of this round are too long for one answer; ask for one officer at a time.",
    )


def wrong(field: str, code: str, zh: str, en: str) -> Invalid:
    """Return the refusal of one field."""
    return Invalid(
        code="invalid",
        zh="有字段不合要求，详见 errors。",
        en="Some fields are wrong; see errors.",
        errors=(FieldError(field=field, code=code, zh=zh, en=en),),
    )
