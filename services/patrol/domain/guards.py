"""What refuses a step that would follow from the state alone, each with its reason (rules INC-04, INC-05)."""

from collections.abc import Callable
from dataclasses import dataclass

from services.patrol.domain.incident import Incident
from services.patrol.domain.levels import HIGHEST, desk_level, rank
from services.patrol.domain.supervision import MOST_SUPERVISIONS, open_numbers
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor
from shared.kernel.errors import RuleBroken

# The first return goes out again as the desk sees fit; the second to arbitration; there is no third.
RETURN_LIMIT = 2
# What may be handled and closed on the spot: not what is urgent, nor what takes several departments.
TRIVIAL = frozenset({"L3"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A reason to refuse a step, and when it holds."""

    code: str
    zh: str
    en: str
    refuses: Callable[[Incident, StepOrder, Actor], bool]

    def check(self, incident: Incident, order: StepOrder, actor: Actor) -> None:
        """Let the step go on.

        Raises:
            RuleBroken: the reason holds.
        """
        if self.refuses(incident, order, actor):
            raise RuleBroken(code=self.code, zh=self.zh, en=self.en)


def _is_closed_to_unit(incident: Incident, order: StepOrder, _: Actor) -> bool:
    return incident.compartment is not None and order.unit in incident.compartment.units


def _is_below_the_level(incident: Incident, _: StepOrder, actor: Actor) -> bool:
    return rank(desk_level(incident, actor)) < rank(incident.level)


def _was_decided_here(incident: Incident, _: StepOrder, actor: Actor) -> bool:
    decided, here = incident.arbitrated_level, desk_level(incident, actor)
    # Above the district is nobody: it decides again.
    return decided is not None and here != HIGHEST and rank(here) <= rank(decided)


def _was_photographed_before(incident: Incident, order: StepOrder, _: Actor) -> bool:
    return any(file.strip() for file in (*incident.files, *order.before))


CLOSED_TO_UNIT = Guard(
    code="closed_to_unit",
    zh="该事件对这一单位回避，不能派给它。",
    en="The incident is closed to this unit; it cannot be dispatched there.",
    refuses=_is_closed_to_unit,
)
RETURN_LIMIT_REACHED = Guard(
    code="return_limit_reached",
    zh="同一事件已退单两次并经裁定，不得第三次退单；请按裁定办理。",
    en="The task was returned twice and decided on; there is no third return. Handle it as decided.",
    refuses=lambda incident, order, actor: incident.return_count >= RETURN_LIMIT,
)
ARBITRATION_NEEDED = Guard(
    code="arbitration_needed",
    zh="同一事件第二次退单，须经裁定（arbitrate），不能直接重新派遣。",
    en="The task was returned for the second time: it goes to arbitration (arbitrate), not out again.",
    refuses=lambda incident, order, actor: incident.return_count >= RETURN_LIMIT,
)
HELD_ABOVE = Guard(
    code="held_above",
    zh="事件现由上级指挥中心掌握，由该级或其上级的指挥中心决定。",
    en="A desk of a higher level holds the matter now; it decides, or one above it.",
    refuses=_is_below_the_level,
)
DESK_BELOW_LEVEL = Guard(
    code="desk_below_level",
    zh="退单由事件所在层级或上级的指挥中心裁定。",
    en="A return is decided on by the desk of the incident's level or one above it.",
    refuses=_is_below_the_level,
)
ARBITRATED_AT_THIS_LEVEL = Guard(
    code="arbitrated_at_this_level",
    zh="本级已裁定过一次；再次退单由上一级指挥中心裁定。",
    en="This level has decided once; a second return is decided on by the desk of the next level.",
    refuses=_was_decided_here,
)
HANDLER_CHECKS_OWN_WORK = Guard(
    code="handler_checks_own_work",
    zh="处置人不得核查自己的处置结果，请由他人核查。",
    en="The handler does not check his own work; somebody else has to.",
    refuses=lambda incident, order, actor: actor.account in (*incident.workers, incident.handler),
)
NOT_THE_REPORTER = Guard(
    code="not_the_reporter",
    zh="即办即结由上报人本人办理；他人请走受理、立案、派遣程序。",
    en="Whoever reported it handles it on the spot; anybody else takes it through acceptance and dispatch.",
    refuses=lambda incident, order, actor: incident.reported_by != actor.account,
)
NOT_TRIVIAL = Guard(
    code="not_trivial",
    zh="只有一般事件（L3）可以即办即结；特急、紧急和复杂事件须立案派遣。",
    en="Only an ordinary incident (L3) is closed on the spot; urgent and complex ones are filed and dispatched.",
    refuses=lambda incident, order, actor: incident.severity not in TRIVIAL,
)
NO_PHOTO_BEFORE = Guard(
    code="no_photo_before",
    zh="即办即结须有处置前的照片：随上报附上，或在 before 中注明。",
    en="Handling on the spot needs a photo from before: with the report, or named in before.",
    refuses=lambda incident, order, actor: not _was_photographed_before(incident, order, actor),
)
EVALUATES_OWN_WORK = Guard(
    code="evaluates_own_work",
    zh="承办人不得评价自己的处置，请由他人评价。",
    en="Who handled the task does not evaluate it; somebody else has to.",
    refuses=lambda incident, order, actor: actor.account in (*incident.workers, incident.handler),
)
TOO_MANY_SUPERVISIONS = Guard(
    code="too_many_supervisions",
    zh=f"该事件的督办、催办已达 {MOST_SUPERVISIONS} 次；请升级或直接决定。",
    en=f"The incident was supervised and urged {MOST_SUPERVISIONS} times; escalate it, or decide.",
    refuses=lambda incident, order, actor: len(incident.supervisions) >= MOST_SUPERVISIONS,
)
NOTHING_TO_ANSWER = Guard(
    code="nothing_to_answer",
    zh="该事件没有待答复的督办或催办。",
    en="No supervision or urging of this incident waits for an answer.",
    refuses=lambda incident, order, actor: not open_numbers(incident.supervisions),
)
APPROVES_OWN_DELAY = Guard(
    code="approves_own_delay",
    zh="中止、延期须由承办人以外的人批准。",
    en="A suspension or an extension is approved by somebody else than who handles the task.",
    refuses=lambda incident, order, actor: actor.account in (*incident.workers, incident.handler),
)
CONSENT_NEEDED = Guard(
    code="consent_needed",
    zh="转入调解须经双方当事人同意，请注明 consent。",
    en="A matter goes to mediation when both parties agree; say consent.",
    refuses=lambda incident, order, actor: order.to == "mediation" and not order.consent,
)
TAKEN_OVER_ALREADY = Guard(
    code="taken_over_already",
    zh="对方已受理，不必再次登记回执。",
    en="The other side has taken it over; there is nothing more to note.",
    refuses=lambda incident, order, actor: (
        incident.conversion is not None and incident.conversion.taken_over
    ),
)
NO_CLOCK = Guard(
    code="no_clock",
    zh="该事件没有在计的处置时限。",
    en="No time limit for handling runs on this incident.",
    refuses=lambda incident, order, actor: (
        not any(clock.runs and clock.kind == "handle" for clock in incident.clocks)
    ),
)
