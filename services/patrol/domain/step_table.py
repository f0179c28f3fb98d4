"""The state table of an incident (rules INC-04): who takes each step from which state to which, and what refuses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.patrol.domain import (
    clocks,
    conversion,
    delay_guards,
    effects,
    guards,
    joint_guards,
    level_guards,
    link_effects,
    link_guards,
    tellings,
)
from services.patrol.domain.clocks import ClockChange, with_clocks
from services.patrol.domain.delay import as_asked
from services.patrol.domain.effects import Effect
from services.patrol.domain.guards import Guard
from services.patrol.domain.incident import OPEN_STATES, Incident, State
from services.patrol.domain.set_aside import brought_back, put_aside
from services.patrol.domain.tellings import Telling
from shared.contracts.incident_steps import STEP_NEEDS
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.errors import RuleBroken
from shared.kernel.rights import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A row of the table.

    `moves` gives the state it leads to by the state it is taken in; `who` the permission its taker
    needs at the incident's place; `needs` the fields of the order that may not be empty; `guards`
    what refuses it though it would follow; `tells` the fields of the order that others hear of, and
    `telling` what they hear besides; `clocks` what becomes of the limits that run. `other` is the field of the
    order that names another incident, and `looks_round` says that it matters with which others this one is
    linked. One that is `put_aside` may be `brought_back` by a later step to where it stood; then `moves` says
    where to when that is not known.
    """

    who: Permission
    moves: Mapping[State, State]
    needs: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()
    effect: Effect = effects.unchanged
    tells: tuple[str, ...] = ()
    telling: Telling = tellings.nothing
    clocks: ClockChange = clocks.NO_CHANGE
    other: str | None = None
    looks_round: bool = False
    puts_aside: bool = False
    brings_back: bool = False


# Once there is a result to check, it is this incident's own.
_BEFORE_A_RESULT = (
    State.REPORTED,
    State.ACCEPTED,
    State.FILED,
    State.DISPATCHED,
    State.RETURNED,
    State.HANDLING,
    State.SUSPENDED,
)
_OF_A_TASK = (clocks.ON_SITE, clocks.HANDLE, clocks.RETURN)
# What leaves an incident where it stands.
_WHILE_OPEN: Mapping[State, State] = {state: state for state in State if state in OPEN_STATES}
_WHILE_A_TASK: Mapping[State, State] = {
    state: state for state in (State.DISPATCHED, State.HANDLING, State.SUSPENDED)
}

STEP_TABLE: Mapping[str, Step] = {
    "accept": Step(
        who=STEP_NEEDS["accept"],
        moves={State.REPORTED: State.ACCEPTED},
        guards=(guards.HELD_ABOVE,),
        clocks=ClockChange(meets=(clocks.ACCEPT,), begins=(clocks.DISPATCH,)),
    ),
    # Not real, a duplicate, or out of scope; once accepted it was found real.
    "cancel": Step(
        who=STEP_NEEDS["cancel"],
        moves={State.REPORTED: State.CANCELLED},
        needs=("note",),
        guards=(guards.HELD_ABOVE, link_guards.CHILD_OPEN),
        looks_round=True,
        effect=effects.cancelled,
        clocks=ClockChange(meets=(clocks.ACCEPT,), voids=(clocks.SUPERVISE,)),
    ),
    # A trivial matter is put right by whoever found it (即办即结).
    "self-handle": Step(
        who=STEP_NEEDS["self-handle"],
        moves={State.REPORTED: State.SELF_HANDLED},
        needs=("note", "files"),
        guards=(
            guards.NOT_THE_REPORTER,
            guards.NOT_TRIVIAL,
            guards.NO_PHOTO_BEFORE,
            link_guards.CHILD_OPEN,
        ),
        looks_round=True,
        effect=effects.by_handler,
        tells=("before",),
        clocks=ClockChange(meets=(clocks.ACCEPT,), voids=(clocks.SUPERVISE,)),
    ),
    "file": Step(
        who=STEP_NEEDS["file"],
        moves={State.ACCEPTED: State.FILED},
        guards=(guards.HELD_ABOVE,),
    ),
    "dispatch": Step(
        who=STEP_NEEDS["dispatch"],
        moves={State.FILED: State.DISPATCHED},
        needs=("unit",),
        guards=(guards.HELD_ABOVE, guards.CLOSED_TO_UNIT),
        effect=effects.to_unit,
        clocks=ClockChange(meets=(clocks.DISPATCH,), begins=_OF_A_TASK),
    ),
    "return": Step(
        who=STEP_NEEDS["return"],
        moves={State.DISPATCHED: State.RETURNED},
        needs=("note",),
        guards=(joint_guards.OF_A_JOINT_UNIT, guards.RETURN_LIMIT_REACHED),
        effect=effects.returned,
        clocks=ClockChange(
            meets=(clocks.RETURN,),
            voids=(clocks.ON_SITE, clocks.HANDLE),
            in_time=(clocks.RETURN,),
        ),
    ),
    "redispatch": Step(
        who=STEP_NEEDS["redispatch"],
        moves={State.RETURNED: State.DISPATCHED},
        needs=("unit",),
        guards=(guards.HELD_ABOVE, guards.ARBITRATION_NEEDED, guards.CLOSED_TO_UNIT),
        effect=effects.to_unit,
        clocks=ClockChange(begins=_OF_A_TASK),
    ),
    # The desk decides to whom a returned task belongs, and why.
    "arbitrate": Step(
        who=STEP_NEEDS["arbitrate"],
        moves={State.RETURNED: State.DISPATCHED},
        needs=("unit", "note"),
        guards=(
            guards.DESK_BELOW_LEVEL,
            guards.ARBITRATED_AT_THIS_LEVEL,
            guards.CLOSED_TO_UNIT,
        ),
        effect=effects.arbitrated,
        clocks=ClockChange(begins=_OF_A_TASK),
    ),
    "sign": Step(
        who=STEP_NEEDS["sign"],
        moves={State.DISPATCHED: State.HANDLING},
        guards=(joint_guards.OF_A_JOINT_UNIT,),
        effect=effects.by_handler,
        clocks=ClockChange(meets=(clocks.RETURN,)),
    ),
    "arrive": Step(
        who=STEP_NEEDS["arrive"],
        moves={State.HANDLING: State.HANDLING},
        effect=effects.by_handler,
        clocks=ClockChange(meets=(clocks.ON_SITE,)),
    ),
    # Whoever handles it asks for a delay; the desk approves it, and nobody his own.
    "ask-suspend": Step(
        who=STEP_NEEDS["ask-suspend"],
        moves={State.HANDLING: State.HANDLING},
        needs=("note", "ground"),
        guards=(delay_guards.DELAY_ASKED_ALREADY, guards.NO_CLOCK),
        effect=effects.asked_to_suspend,
        tells=("ground",),
    ),
    "ask-extend": Step(
        who=STEP_NEEDS["ask-extend"],
        moves={State.HANDLING: State.HANDLING},
        needs=("note", "extension"),
        guards=(delay_guards.DELAY_ASKED_ALREADY, guards.NO_CLOCK),
        effect=effects.asked_to_extend,
        tells=("extension",),
    ),
    "suspend": Step(
        who=STEP_NEEDS["suspend"],
        moves={State.HANDLING: State.SUSPENDED},
        needs=("note",),
        guards=(
            guards.HELD_ABOVE,
            guards.APPROVES_OWN_DELAY,
            delay_guards.SUSPENSION_NOT_ASKED,
            delay_guards.APPROVES_OWN_REQUEST,
            guards.NO_CLOCK,
        ),
        effect=effects.delay_decided,
        telling=tellings.suspension,
        clocks=ClockChange(counted=clocks.suspended),
    ),
    "resume": Step(
        who=STEP_NEEDS["resume"],
        moves={State.SUSPENDED: State.HANDLING},
        guards=(guards.NO_CLOCK,),
        clocks=ClockChange(counted=clocks.resumed),
    ),
    "extend": Step(
        who=STEP_NEEDS["extend"],
        moves={State.HANDLING: State.HANDLING},
        needs=("note",),
        guards=(
            guards.HELD_ABOVE,
            guards.APPROVES_OWN_DELAY,
            delay_guards.EXTENSION_NOT_ASKED,
            delay_guards.APPROVES_OWN_REQUEST,
            guards.NO_CLOCK,
        ),
        effect=effects.delay_decided,
        telling=tellings.extension,
        clocks=ClockChange(counted=clocks.extended),
    ),
    # It goes on as if nothing had been asked for.
    "refuse-delay": Step(
        who=STEP_NEEDS["refuse-delay"],
        moves={State.HANDLING: State.HANDLING},
        needs=("note",),
        guards=(guards.HELD_ABOVE, delay_guards.NO_DELAY_ASKED),
        effect=effects.delay_decided,
        telling=tellings.refusal,
    ),
    # The desk asks units in, and each answers for itself; the task stays the lead unit's.
    "join": Step(
        who=STEP_NEEDS["join"],
        moves={State.DISPATCHED: State.DISPATCHED, State.HANDLING: State.HANDLING},
        needs=("unit",),
        guards=(
            guards.HELD_ABOVE,
            guards.CLOSED_TO_UNIT,
            joint_guards.UNIT_IS_LEAD,
            joint_guards.UNIT_ASKED_ALREADY,
            joint_guards.TOO_MANY_UNITS,
        ),
        effect=effects.unit_invited,
        telling=tellings.joint_unit,
    ),
    "join-accept": Step(
        who=STEP_NEEDS["join-accept"],
        moves=_WHILE_A_TASK,
        guards=(joint_guards.ANSWERS_FOR_ANOTHER_UNIT, joint_guards.UNIT_NOT_ASKED),
        effect=effects.unit_accepted,
        telling=tellings.joint_unit,
    ),
    "join-refuse": Step(
        who=STEP_NEEDS["join-refuse"],
        moves=_WHILE_A_TASK,
        needs=("note",),
        guards=(joint_guards.ANSWERS_FOR_ANOTHER_UNIT, joint_guards.UNIT_NOT_ASKED),
        effect=effects.unit_refused,
        telling=tellings.joint_unit,
    ),
    "join-feedback": Step(
        who=STEP_NEEDS["join-feedback"],
        moves=_WHILE_A_TASK,
        needs=("note", "files"),
        guards=(joint_guards.ANSWERS_FOR_ANOTHER_UNIT, joint_guards.UNIT_DID_NOT_ACCEPT),
        effect=effects.unit_done,
        telling=tellings.joint_unit,
    ),
    # Without evidence here the case could be closed without any.
    "feedback": Step(
        who=STEP_NEEDS["feedback"],
        moves={State.HANDLING: State.FEEDBACK},
        needs=("note", "files"),
        guards=(joint_guards.OF_A_JOINT_UNIT, joint_guards.JOINT_UNITS_OUTSTANDING),
        effect=effects.fed_back,
        clocks=ClockChange(meets=(clocks.ON_SITE, clocks.HANDLE)),
    ),
    "check": Step(
        who=STEP_NEEDS["check"],
        moves={State.FEEDBACK: State.CHECKED},
        guards=(guards.HANDLER_CHECKS_OWN_WORK,),
    ),
    # The check finds the result wanting; the same handler works on.
    "rework": Step(
        who=STEP_NEEDS["rework"],
        moves={State.FEEDBACK: State.HANDLING},
        needs=("note",),
        guards=(guards.HANDLER_CHECKS_OWN_WORK,),
        effect=effects.reworked,
        clocks=ClockChange(runs_on=(clocks.HANDLE,)),
    ),
    "close": Step(
        who=STEP_NEEDS["close"],
        moves={State.CHECKED: State.CLOSED},
        guards=(guards.HELD_ABOVE, link_guards.CHILD_OPEN),
        looks_round=True,
        clocks=ClockChange(voids=(clocks.SUPERVISE,)),
    ),
    # Once for each time it was closed; opened again and closed again it is evaluated again.
    "evaluate": Step(
        who=STEP_NEEDS["evaluate"],
        moves={State.CLOSED: State.EVALUATED},
        needs=("satisfaction", "score"),
        guards=(guards.HELD_ABOVE, guards.EVALUATES_OWN_WORK),
        effect=effects.evaluated,
        tells=("satisfaction", "score"),
    ),
    # Another one stands for it from now on; what was done on it so far stays in its history.
    "merge": Step(
        who=STEP_NEEDS["merge"],
        moves=dict.fromkeys(_BEFORE_A_RESULT, State.CANCELLED),
        needs=("into",),
        guards=(
            guards.HELD_ABOVE,
            link_guards.SAME_INCIDENT,
            link_guards.OTHER_ENDED,
            link_guards.COMPARTMENTS_DIFFER,
            link_guards.OTHERS_MERGED_INTO_IT,
            link_guards.HAS_CHILDREN,
        ),
        effect=link_effects.merged,
        tells=("into",),
        other="into",
        looks_round=True,
        puts_aside=True,
    ),
    "unmerge": Step(
        who=STEP_NEEDS["unmerge"],
        moves={State.CANCELLED: State.REPORTED},
        needs=("note",),
        guards=(
            guards.HELD_ABOVE,
            link_guards.NOT_MERGED,
        ),
        effect=link_effects.unmerged,
        looks_round=True,
        brings_back=True,
    ),
    # A large matter is split: its parts go their own ways, and it ends after them.
    "attach": Step(
        who=STEP_NEEDS["attach"],
        moves={state: state for state in OPEN_STATES},
        needs=("parent",),
        guards=(
            guards.HELD_ABOVE,
            link_guards.SAME_INCIDENT,
            link_guards.OTHER_ENDED,
            link_guards.COMPARTMENTS_DIFFER,
            link_guards.OTHER_TAKES_NO_PART,
            link_guards.HAS_CHILDREN,
        ),
        effect=link_effects.attached,
        tells=("parent",),
        other="parent",
        looks_round=True,
    ),
    "detach": Step(
        who=STEP_NEEDS["detach"],
        moves={state: state for state in OPEN_STATES},
        guards=(
            guards.HELD_ABOVE,
            link_guards.NOT_A_PART,
        ),
        effect=link_effects.detached,
        looks_round=True,
    ),
    # It goes on as a matter of another service, and comes back when that does not take it (rules INC-04). What
    # that service says comes over the bus, or is noted by the desk where it is on no bus.
    "convert": Step(
        who=STEP_NEEDS["convert"],
        moves={State.FILED: State.LINKED, State.HANDLING: State.LINKED},
        needs=("to", "note"),
        guards=(guards.HELD_ABOVE, guards.CONSENT_NEEDED, link_guards.CHILD_OPEN),
        effect=conversion.converted,
        tells=("to", "basis", "consent"),
        clocks=ClockChange(begins=(clocks.RECEIPT,)),
        looks_round=True,
        puts_aside=True,
    ),
    "take-over": Step(
        who=STEP_NEEDS["take-over"],
        moves={State.LINKED: State.LINKED},
        guards=(guards.TAKEN_OVER_ALREADY,),
        effect=conversion.taken_over,
        tells=("their_no",),
        clocks=ClockChange(meets=(clocks.RECEIPT,)),
    ),
    "hand-back": Step(
        who=STEP_NEEDS["hand-back"],
        moves={State.LINKED: State.FILED},
        needs=("note",),
        clocks=ClockChange(meets=(clocks.RECEIPT,)),
        brings_back=True,
    ),
    "conclude": Step(
        who=STEP_NEEDS["conclude"],
        moves={State.LINKED: State.CLOSED},
        needs=("note",),
        effect=conversion.concluded,
        tells=("their_no",),
        clocks=ClockChange(meets=(clocks.RECEIPT,), voids=(clocks.SUPERVISE,)),
    ),
    # What was found real is dispatched anew; what never was found real is looked at again.
    "reopen": Step(
        who=STEP_NEEDS["reopen"],
        moves={
            State.CLOSED: State.FILED,
            State.EVALUATED: State.FILED,
            State.SELF_HANDLED: State.REPORTED,
            State.CANCELLED: State.REPORTED,
        },
        needs=("note",),
        guards=(guards.HELD_ABOVE,),
        effect=effects.reopened,
        looks_round=True,
        clocks=ClockChange(begins=(clocks.ACCEPT, clocks.DISPATCH)),
    ),
    # The matter goes to the desk of another level as it stands; its limits run on.
    "escalate": Step(
        who=STEP_NEEDS["escalate"],
        moves=_WHILE_OPEN,
        needs=("note",),
        guards=(guards.HELD_ABOVE, level_guards.NO_DESK_ABOVE),
        effect=effects.escalated,
        telling=tellings.escalation,
    ),
    "hand-down": Step(
        who=STEP_NEEDS["hand-down"],
        moves=_WHILE_OPEN,
        needs=("note",),
        guards=(guards.HELD_ABOVE, level_guards.NO_DESK_BELOW),
        effect=effects.handed_down,
        telling=tellings.new_level,
    ),
    "supervise": Step(
        who=STEP_NEEDS["supervise"],
        moves=_WHILE_OPEN,
        needs=("note",),
        guards=(guards.HELD_ABOVE, guards.TOO_MANY_SUPERVISIONS),
        effect=effects.supervised,
        telling=tellings.supervision,
        clocks=ClockChange(begins=(clocks.SUPERVISE,)),
    ),
    "urge": Step(
        who=STEP_NEEDS["urge"],
        moves=_WHILE_OPEN,
        needs=("note",),
        guards=(guards.TOO_MANY_SUPERVISIONS,),
        effect=effects.urged,
        telling=tellings.urging,
    ),
    "answer": Step(
        who=STEP_NEEDS["answer"],
        moves=_WHILE_OPEN,
        needs=("note",),
        guards=(guards.NOTHING_TO_ANSWER,),
        effect=effects.supervision_answered,
        telling=tellings.answered,
        clocks=ClockChange(meets=(clocks.SUPERVISE,)),
    ),
}

# Who may take any step at all.
STEP_PERMISSIONS = tuple(sorted({step.who for step in STEP_TABLE.values()}))


def after(
    name: str,
    incident: Incident,
    order: StepOrder,
    actor: Actor,
    counting: DeadlineClock,
    *,
    at: datetime,
) -> Incident:
    """Return the incident one step further on.

    Raises:
        RuleBroken: the step does not follow from the present state, a guard refuses it, or a clock does.
        Invalid: an extension is longer than the rule allows.
    """
    step = STEP_TABLE[name]
    if incident.state not in step.moves:
        raise step_out_of_turn(name, incident.state)
    for guard in step.guards:
        guard.check(incident, order, actor)
    if step.clocks.counted is not None and incident.asked is not None:
        order = as_asked(incident.asked, order)
    moved = step.effect(_moved(step, incident, at), order, actor)
    return with_clocks(moved, step.clocks, order, actor, counting, at=at)


def _moved(step: Step, incident: Incident, at: datetime) -> Incident:
    state = step.moves[incident.state]
    if step.puts_aside:
        return put_aside(incident, state, at=at)
    return (
        brought_back(incident, state, at=at) if step.brings_back else incident.moved(state, at=at)
    )


def step_out_of_turn(name: str, state: State) -> RuleBroken:
    may = ", ".join(sorted(step for step, row in STEP_TABLE.items() if state in row.moves))
    return RuleBroken(
        code="step_out_of_turn",
        zh=f"事件现处于 {state} 状态，不能执行 {name}；现可执行：{may or '无'}。",
        en=f"The incident is {state}; {name} cannot follow. What may follow: {may or 'nothing'}.",
    )
