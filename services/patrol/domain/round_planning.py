"""What a plan of a round has to be like before anything is asked of the grid."""

from collections.abc import Callable
from datetime import datetime, timedelta

from services.patrol.domain.round_refusals import only_own_routine, wrong
from shared.contracts.patrol_rounds import RoundPlan
from shared.kernel.actor import Actor
from shared.kernel.errors import Invalid
from shared.kernel.rights import Permission

# Longer than a shift of a day and its rest nobody walks one round.
LONGEST = timedelta(hours=24)

_Check = Callable[[RoundPlan, datetime], bool]
_CHECKS: tuple[tuple[_Check, str, str, str, str], ...] = (
    (
        lambda plan, _: plan.planned_to <= plan.planned_from,
        "planned_to",
        "ends_first",
        "计划结束须晚于计划开始",
        "the round has to end after it begins",
    ),
    (
        lambda plan, _: plan.planned_to - plan.planned_from > LONGEST,
        "planned_to",
        "too_long",
        "一次巡查至多 24 小时",
        "a round lasts at most 24 hours",
    ),
    (
        lambda plan, now: plan.planned_to <= now,
        "planned_to",
        "over",
        "计划结束时间已过",
        "the planned end is over",
    ),
    (
        lambda plan, _: len(set(plan.officers)) < len(plan.officers),
        "officers",
        "repeated",
        "同一账号不得重复",
        "name an account once",
    ),
    (
        lambda plan, _: plan.kind == "joint" and len(plan.officers) < 2,
        "officers",
        "too_few",
        "联合巡查至少两人",
        "a joint round takes two officers or more",
    ),
)


def check_plan(plan: RoundPlan, now: datetime) -> None:
    """Refuse a plan that cannot be walked.

    Raises:
        Invalid: its times or officers are wrong; the first finding is told.
    """
    finding = finding_of(plan, now)
    if finding is not None:
        raise finding


def finding_of(plan: RoundPlan, now: datetime) -> Invalid | None:
    """Return the refusal of a plan, or None."""
    for is_wrong, *said in _CHECKS:
        if is_wrong(plan, now):
            return wrong(*said)
    return None


def check_planner(plan: RoundPlan, actor: Actor, codes: tuple[str, ...]) -> None:
    """Refuse a plan that is not the actor's to make: a walker plans routine rounds for himself alone.

    Raises:
        Forbidden: it is a matter for a desk of the place.
    """
    if actor.reaches(codes, Permission.PATROL_COMMAND):
        return
    is_own = plan.officers == [actor.account] and plan.kind == "routine"
    if not (is_own and actor.reaches(codes, Permission.PATROL_WALK)):
        raise only_own_routine()


def is_rural(codes: tuple[str, ...]) -> bool:
    """Tell by the statistical division code (ADM-02) whether a place is in the country.

    Towns and townships have 100 and more after the county; of a street, villagers' committees have 200 and
    more after that. Codes of another scheme say nothing, and are taken for town.
    """
    longest = max((code for code in codes if code.isdecimal()), key=len, default="")
    if len(longest) < 9 or longest[:9].endswith("000"):
        return False
    return int(longest[6:9]) >= 100 or (len(longest) >= 12 and int(longest[9:12]) >= 200)
