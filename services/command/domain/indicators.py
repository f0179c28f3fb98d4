"""The indicators of the command platform (rules INC-07): what each counts, in both languages, and its target."""

from services.command.domain.measure import Dated, Kind, Measure, Text
from services.command.domain.mechanisms import MECHANISMS, Mechanism
from shared.kernel.errors import NotFound

PLATFORM_RULE = Text(
    zh="平台默认指标（INC-07，待区里确认）",
    en="the platform's proposal (INC-07), a district's to confirm",
)
_OWN_DUE_DATE = Text(
    zh="按事项到期日（处置期限，未派遣的取派遣期限，未受理的取受理期限）归入本期；中止时间不计，已注销的另列。",
    en="By the matter's due date – of handling, before that of dispatching, before that of accepting – in the period; suspended time never counts, the cancelled are apart.",
)


def _of_due(zh: str, en: str) -> Text:
    return Text(zh=f"{zh}{_OWN_DUE_DATE.zh}", en=f"{en} {_OWN_DUE_DATE.en}")


INDICATORS: tuple[Measure, ...] = (
    Measure(
        name="reported",
        title=Text(zh="上报数", en="Reported"),
        meaning=Text(
            zh="本期上报的事项数；已注销的另列。",
            en="Matters reported in the period; the cancelled are apart.",
        ),
        source=PLATFORM_RULE,
        kind=Kind.REPORTED,
        dated=Dated.REPORTED,
        is_rate=False,
    ),
    Measure(
        name="filing_rate",
        title=Text(zh="立案率", en="Filed"),
        meaning=_of_due(
            "已立案数 ÷ 应立案数（即办即结的无须立案，不计）。",
            "Filed ÷ those to be filed; what was put right on the spot needs no file.",
        ),
        source=PLATFORM_RULE,
        kind=Kind.FILED,
        dated=Dated.DUE,
    ),
    Measure(
        name="dispatch_on_time_rate",
        title=Text(zh="按时派遣率", en="Dispatched in time"),
        meaning=Text(
            zh="派遣期限届满日在本期的事项中，届满前已派遣的比例；已注销的另列。",
            en="Of the matters whose limit for dispatching ends in the period, those dispatched by then; the cancelled are apart.",
        ),
        source=PLATFORM_RULE,
        kind=Kind.DISPATCHED_IN_TIME,
        dated=Dated.DISPATCH_DUE,
    ),
    Measure(
        name="handling_on_time_rate",
        title=Text(zh="按时处置率", en="Handled in time"),
        meaning=Text(
            zh="处置期限届满日在本期的事项中，届满前已反馈处置结果的比例；中止时间不计，退单后原期限作废，已注销的另列。",
            en="Of the matters whose limit for handling ends in the period, those with feedback by then; suspended time never counts, a return voids the limit, the cancelled are apart.",
        ),
        source=PLATFORM_RULE,
        kind=Kind.HANDLED_IN_TIME,
        dated=Dated.DUE,
    ),
    Measure(
        name="closing_rate",
        title=Text(zh="结案率", en="Closed"),
        meaning=_of_due("已结案数 ÷ 立案数。", "Closed ÷ filed."),
        source=PLATFORM_RULE,
        kind=Kind.CLOSED,
        dated=Dated.DUE,
    ),
    Measure(
        name="rework_rate",
        title=Text(zh="返工率", en="Reworked"),
        meaning=_of_due(
            "核查后返工过的事项数 ÷ 反馈过处置结果的事项数。",
            "Matters sent back to work after a check ÷ matters with feedback.",
        ),
        source=PLATFORM_RULE,
        kind=Kind.REWORKED,
        dated=Dated.DUE,
    ),
    Measure(
        name="return_rate",
        title=Text(zh="退单率", en="Returned"),
        meaning=_of_due(
            "被承办单位退回过的事项数 ÷ 派遣过的事项数。",
            "Matters that a unit sent back ÷ matters dispatched.",
        ),
        source=PLATFORM_RULE,
        kind=Kind.RETURNED,
        dated=Dated.DUE,
    ),
    Measure(
        name="recurrence_rate",
        title=Text(zh="重复发生率", en="Recurred"),
        meaning=_of_due(
            "重新打开过的，或同一网格、同一类别、同一地点此前若干日内刚办结又发生的事项数 ÷ 全部事项数（距离、日数可由区里设定）。",
            "Matters opened again, or that follow one of the same category in the same cell and at the same spot that was done a few days before ÷ all (how near and how many days, the district sets).",
        ),
        source=PLATFORM_RULE,
        kind=Kind.RECURRED,
        dated=Dated.DUE,
    ),
    Measure(
        name="satisfaction_rate",
        title=Text(zh="满意率", en="Satisfied"),
        meaning=_of_due(
            "评价为满意、基本满意的事项数 ÷ 已评价的事项数（未回访的不计）。",
            "Matters evaluated as satisfied or basically so ÷ matters evaluated; nobody counts who was not asked.",
        ),
        source=PLATFORM_RULE,
        kind=Kind.SATISFIED,
        dated=Dated.DUE,
        target="satisfaction",
    ),
)


_MEASURES = {
    measure.name: measure
    for measures in (*(each.measures for each in MECHANISMS.values()), INDICATORS)
    for measure in measures
}


def measure_called(name: str) -> Measure:
    """Return an indicator, or a figure of a mechanism; raises `NotFound`."""
    found = _MEASURES.get(name)
    if found is None:
        raise NotFound(
            code="no_such_figure",
            zh="没有这项指标；指标名称见 GET /command/indicators 与 GET /command/reports/{mechanism}。",
            en="There is no such figure; GET /command/indicators and GET /command/reports/{mechanism} name them.",
        )
    return found


def mechanism_called(name: str) -> Mechanism:
    """Return a mechanism of the plan; raises `NotFound`."""
    found = MECHANISMS.get(name)
    if found is None:
        named = ", ".join(MECHANISMS)
        raise NotFound(
            code="no_such_mechanism",
            zh=f"没有这项机制；可用：{named}。",
            en=f"There is no such mechanism; there are {named}.",
        )
    return found
