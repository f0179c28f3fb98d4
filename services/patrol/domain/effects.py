"""What a step changes of an incident beside its state."""

from collections.abc import Callable
from dataclasses import replace

from services.patrol.domain import joint
from services.patrol.domain.delay import EXTEND, SUSPEND, AskedDelay
from services.patrol.domain.incident import Incident
from services.patrol.domain.joint import Answer
from services.patrol.domain.levels import asking_level, desk_level, level_above, level_below
from services.patrol.domain.supervision import Asking, Supervision, all_answered
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor

Effect = Callable[[Incident, StepOrder, Actor], Incident]


def unchanged(incident: Incident, _: StepOrder, __: Actor) -> Incident:
    return incident


def to_unit(incident: Incident, order: StepOrder, _: Actor) -> Incident:
    return replace(incident, unit=order.unit, handler=None, workers=(), joint=())


def arbitrated(incident: Incident, order: StepOrder, actor: Actor) -> Incident:
    decided = replace(incident, arbitrated_level=desk_level(incident, actor))
    return to_unit(decided, order, actor)


def by_handler(incident: Incident, _: StepOrder, actor: Actor) -> Incident:
    workers = tuple(dict.fromkeys((*incident.workers, actor.account)))
    return replace(incident, handler=actor.account, workers=workers)


def fed_back(incident: Incident, order: StepOrder, actor: Actor) -> Incident:
    """Let what was asked for and not decided fall: the clock it was about has ended."""
    return replace(by_handler(incident, order, actor), asked=None)


def returned(incident: Incident, _: StepOrder, __: Actor) -> Incident:
    return replace(incident, return_count=incident.return_count + 1)


def reworked(incident: Incident, _: StepOrder, __: Actor) -> Incident:
    return replace(incident, rework_count=incident.rework_count + 1)


def cancelled(incident: Incident, order: StepOrder, _: Actor) -> Incident:
    return replace(incident, duplicate_of=order.duplicate_of)


def reopened(incident: Incident, _: StepOrder, __: Actor) -> Incident:
    """Begin the task anew; what was done before stays in the history."""
    return replace(
        incident,
        unit=None,
        handler=None,
        workers=(),
        joint=(),
        asked=None,
        return_count=0,
        arbitrated_level=None,
        duplicate_of=None,
        satisfaction=None,
        score=None,
        set_aside=None,
        links=replace(incident.links, into=None),
        reopen_count=incident.reopen_count + 1,
    )


def escalated(incident: Incident, _: StepOrder, __: Actor) -> Incident:
    return replace(incident, level=level_above(incident.level))


def handed_down(incident: Incident, _: StepOrder, __: Actor) -> Incident:
    return replace(incident, level=level_below(incident.level))


def spoken_for(order: StepOrder, actor: Actor) -> str | None:
    """Return the unit for which somebody answers: the one he names, or his own."""
    return order.unit or actor.unit


def unit_invited(incident: Incident, order: StepOrder, _: Actor) -> Incident:
    units = joint.invited(incident.joint, order.unit or "", at=incident.updated_at)
    return replace(incident, joint=units)


def unit_accepted(incident: Incident, order: StepOrder, actor: Actor) -> Incident:
    return _unit_answered(incident, order, actor, Answer.ACCEPTED)


def unit_refused(incident: Incident, order: StepOrder, actor: Actor) -> Incident:
    return _unit_answered(incident, order, actor, Answer.REFUSED)


def unit_done(incident: Incident, order: StepOrder, actor: Actor) -> Incident:
    """Take the part of a joint unit; who did it worked on the task, and does not check it."""
    units = joint.done(incident.joint, spoken_for(order, actor), at=incident.updated_at)
    workers = tuple(dict.fromkeys((*incident.workers, actor.account)))
    return replace(incident, joint=units, workers=workers)


def supervised(incident: Incident, _: StepOrder, actor: Actor) -> Incident:
    return _asked_how_it_stands(incident, Asking.SUPERVISE, actor, len(incident.clocks) + 1)


def urged(incident: Incident, _: StepOrder, actor: Actor) -> Incident:
    due = [
        (clock.deadline.due_current, clock.number)
        for clock in incident.clocks
        if clock.runs and clock.deadline.due_current is not None
    ]
    return _asked_how_it_stands(incident, Asking.URGE, actor, min(due)[1] if due else None)


def supervision_answered(incident: Incident, _: StepOrder, __: Actor) -> Incident:
    answered = all_answered(incident.supervisions, at=incident.updated_at)
    return replace(incident, supervisions=answered)


def asked_to_suspend(incident: Incident, order: StepOrder, actor: Actor) -> Incident:
    return _asked(incident, actor, kind=SUSPEND, ground=order.ground)


def asked_to_extend(incident: Incident, order: StepOrder, actor: Actor) -> Incident:
    return _asked(incident, actor, kind=EXTEND, extension=order.extension)


def delay_decided(incident: Incident, _: StepOrder, __: Actor) -> Incident:
    return replace(incident, asked=None)


def evaluated(incident: Incident, order: StepOrder, _: Actor) -> Incident:
    return replace(incident, satisfaction=order.satisfaction, score=order.score)


def _unit_answered(incident: Incident, order: StepOrder, actor: Actor, answer: Answer) -> Incident:
    unit = spoken_for(order, actor)
    units = joint.answered(incident.joint, unit, answer, at=incident.updated_at)
    return replace(incident, joint=units)


def _asked_how_it_stands(
    incident: Incident, kind: Asking, actor: Actor, clock: int | None
) -> Incident:
    asked = Supervision(
        number=len(incident.supervisions) + 1,
        kind=kind,
        level=asking_level(incident, actor),
        at=incident.updated_at,
        clock=clock,
    )
    return replace(incident, supervisions=(*incident.supervisions, asked))


def _asked(
    incident: Incident,
    actor: Actor,
    *,
    kind: str,
    ground: str | None = None,
    extension: int | None = None,
) -> Incident:
    asked = AskedDelay(
        kind=kind, by=actor.account, at=incident.updated_at, ground=ground, extension=extension
    )
    return replace(incident, asked=asked)
