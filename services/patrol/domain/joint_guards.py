"""What refuses the steps of joint handling: who is asked in, who answers for whom, what the lead waits for."""

from services.patrol.domain.effects import spoken_for
from services.patrol.domain.guards import Guard
from services.patrol.domain.incident import Incident
from services.patrol.domain.joint import MOST_UNITS, Answer, answer_of
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor
from shared.kernel.rights import Permission


def _is_asked_already(incident: Incident, order: StepOrder, _: Actor) -> bool:
    return answer_of(incident.joint, order.unit) in (Answer.INVITED, Answer.ACCEPTED)


def _are_too_many(incident: Incident, order: StepOrder, _: Actor) -> bool:
    is_new = answer_of(incident.joint, order.unit) is None
    return is_new and len(incident.joint) >= MOST_UNITS


def _answers_for_another(incident: Incident, order: StepOrder, actor: Actor) -> bool:
    """Tell whether it is not his unit; of one without an account the desk writes down what it said."""
    is_own = actor.unit is not None and spoken_for(order, actor) == actor.unit
    return not (is_own or actor.reaches(incident.place.codes, Permission.INCIDENT_COMMAND))


UNIT_IS_LEAD = Guard(
    code="unit_is_lead",
    zh="该单位是牵头单位，不必再邀请协办。",
    en="This unit leads the task; it is not asked in beside itself.",
    refuses=lambda incident, order, actor: order.unit == incident.unit,
)
UNIT_ASKED_ALREADY = Guard(
    code="unit_asked_already",
    zh="已邀请该单位协办，等候其答复或反馈。",
    en="This unit was asked in already; its answer or its result is awaited.",
    refuses=_is_asked_already,
)
TOO_MANY_UNITS = Guard(
    code="too_many_units",
    zh=f"一个事件最多邀请 {MOST_UNITS} 个协办单位。",
    en=f"At most {MOST_UNITS} units are asked to handle one incident together.",
    refuses=_are_too_many,
)
ANSWERS_FOR_ANOTHER_UNIT = Guard(
    code="answers_for_another_unit",
    zh="协办单位由本单位人员答复，或由指挥中心代为登记。",
    en="A joint unit is answered for by its own people, or by the command desk that writes it down.",
    refuses=_answers_for_another,
)
UNIT_NOT_ASKED = Guard(
    code="unit_not_asked",
    zh="没有等候该单位答复的协办邀请。",
    en="No invitation waits for this unit's answer.",
    refuses=lambda incident, order, actor: (
        answer_of(incident.joint, spoken_for(order, actor)) is not Answer.INVITED
    ),
)
UNIT_DID_NOT_ACCEPT = Guard(
    code="unit_did_not_accept",
    zh="该单位没有接受协办，或已经反馈。",
    en="This unit did not accept to handle it jointly, or has reported its result.",
    refuses=lambda incident, order, actor: (
        answer_of(incident.joint, spoken_for(order, actor)) is not Answer.ACCEPTED
    ),
)
OF_A_JOINT_UNIT = Guard(
    code="of_a_joint_unit",
    zh="您是协办单位人员；签收、退单和总反馈由牵头单位办理，协办结果请用 join-feedback 反馈。",
    en="You are of a joint unit: signing, returning and the final result are the lead unit's; yours is join-feedback.",
    refuses=lambda incident, order, actor: (
        actor.unit != incident.unit and answer_of(incident.joint, actor.unit) is not None
    ),
)
JOINT_UNITS_OUTSTANDING = Guard(
    code="joint_units_outstanding",
    zh="接受协办的单位尚未全部反馈，牵头单位不能反馈。",
    en="Not all units that accepted have reported their result; until then the lead one cannot.",
    refuses=lambda incident, order, actor: any(
        each.answer is Answer.ACCEPTED for each in incident.joint
    ),
)
