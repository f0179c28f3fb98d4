"""Time limits and the calendar they are counted by: the rules in force, the clerks' calculator, a year's days."""

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le, MaxLen, MinLen
from fastapi import APIRouter, Path, Query, Security
from pydantic import ConfigDict, Field
from starlette.responses import Response

from services.gateway.routes.answers import answered, listed, tagged_json
from services.gateway.routes.backing import Backed
from services.gateway.routes.documents import (
    EVERYWHERE,
    CalendarShown,
    ClockRules,
    Computed,
    problems,
    shown,
)
from services.gateway.routes.doors import API, LimitedRequest, SignedInDoor
from services.gateway.routes.idempotency import Ordering
from services.gateway.routes.needs import needs
from services.gateway.routes.problems import wrong_field
from services.gateway.routes.signed_in import SIGN_IN, Asking
from services.gateway.routes.wire import wired
from shared.contracts.clocks import ClockOrder, ClockStop, Number, WrittenTime
from shared.contracts.grid import CalendarOrder, NamedDay
from shared.kernel.deadlines.calendar_year import FIRST_YEAR, LAST_YEAR
from shared.kernel.deadlines.limit import Direction, Ends
from shared.kernel.deadlines.stop import MOST_STOPS
from shared.kernel.deadlines.unit import MOST, Unit
from shared.kernel.rights import Permission

router = APIRouter(
    prefix=API,
    route_class=SignedInDoor,
    tags=["clocks"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)

_STRICT = ConfigDict(extra="forbid")
Year = Annotated[int, Path(ge=FIRST_YEAR, le=LAST_YEAR, description="公历年 · the year")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """From when to when the clock stood (`from`, `to`); without `to` it still does."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    begins: Annotated[WrittenTime, Field(alias="from")]
    ends: Annotated[WrittenTime | None, Field(alias="to")] = None
    ground: Annotated[str, MaxLen(64)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """A limit to count `from` a date or a time: that of a `rule`, or `amount` of a `unit`."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    start: Annotated[WrittenTime, Field(alias="from")]
    rule: Annotated[str, MinLen(1), MaxLen(64)] | None = None
    extension: Annotated[int, Ge(0), Le(max(MOST.values()))] = 0
    amount: Number | None = None
    unit: Unit | None = None
    direction: Direction | None = None
    roll_forward: bool | None = None
    ends: Ends | None = None
    stops: Annotated[list[Standing], MaxLen(MOST_STOPS)] = field(default_factory=list)

    def order(self) -> ClockOrder:
        """Return it as the service is asked."""
        return ClockOrder(
            start=self.start,
            rule=self.rule,
            extension=self.extension,
            amount=self.amount,
            unit=self.unit,
            direction=self.direction,
            roll_forward=self.roll_forward,
            ends=self.ends,
            stops=[
                ClockStop(begins=stop.begins, ends=stop.ends, ground=stop.ground)
                for stop in self.stops
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The State Council's notice of a year as data; `makeup_days` are weekend days that are worked."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    source: Annotated[str, MinLen(1), MaxLen(200)]
    days_off: Annotated[list[NamedDay], MinLen(1), MaxLen(366)]
    makeup_days: Annotated[list[date], MaxLen(366)] = field(default_factory=list)
    published_on: date | None = None


@router.get(
    "/clocks/rules",
    summary="某日施行的期限规则 · The time limits in force on a date",
    responses=shown(200, ClockRules, "规则及其依据 · The rules with their sources"),
    openapi_extra=needs(Permission.OWN_SIGN_IN),
)
async def rules(
    request: LimitedRequest,
    backing: Backed,
    call: Asking,
    on: Annotated[
        date | None,
        Query(description="触发之日，默认今日 · the day of the event, today by default"),
    ] = None,
) -> Response:
    """Return the rules by their ids, chosen by the date of the event. The answer carries an ETag."""
    if on is not None and not FIRST_YEAR <= on.year <= LAST_YEAR:
        raise wrong_field(
            "on",
            "out_of_range",
            f"日期须在 {FIRST_YEAR} 年至 {LAST_YEAR} 年之间",
            f"the date has to lie between {FIRST_YEAR} and {LAST_YEAR}",
        )
    asked = None if on is None else on.isoformat()
    found = await backing.edge.call("grid", "clock_rules", call=call, on=asked)
    return tagged_json(request, listed(found))


@router.post(
    "/clocks/compute",
    summary="计算期限 · Count a time limit",
    responses=shown(200, Computed, "届满日及算法 · When it ends, and how that was counted")
    | problems(413, 415),
    openapi_extra=needs(Permission.OWN_SIGN_IN),
)
async def compute(backing: Backed, call: Asking, calculation: Calculation) -> Response:
    """Return when a limit ends, whether that is provisional, and each step of the count."""
    order = wired(calculation.order())
    return answered(await backing.edge.call("grid", "compute_clock", call=call, order=order))


@router.get(
    "/calendar/{year}",
    summary="一年的工作日历 · The calendar of a year",
    responses=shown(200, CalendarShown, "节假日与调休 · Days off and made up") | problems(404),
    openapi_extra=needs(Permission.OWN_SIGN_IN),
)
async def calendar(request: LimitedRequest, backing: Backed, call: Asking, year: Year) -> Response:
    """Return the days off and make-up days in force, and who set which version; it carries an ETag."""
    return tagged_json(request, await backing.edge.call("grid", "calendar", call=call, year=year))


@router.put(
    "/calendar/{year}",
    summary="录入节假日安排 · Set the calendar of a year",
    responses=shown(200, CalendarShown, "已施行的日历 · The calendar in force")
    | problems(403, 409, 413, 415),
    openapi_extra=needs(Permission.CALENDAR_SET),
)
async def set_calendar(backing: Backed, call: Ordering, year: Year, notice: Notice) -> Response:
    """Put a new version in force; every service counts by it. The same days again change nothing."""
    order = CalendarOrder(
        source=notice.source,
        days_off=notice.days_off,
        makeup_days=notice.makeup_days,
        published_on=notice.published_on,
    )
    done: Any = await backing.edge.call(
        "grid", "set_calendar", call=call, year=year, order=wired(order)
    )
    return answered(done)
