"""What a step changes of an incident beside its state."""

from collections.abc import Callable
from dataclasses import replace

from services.patrol.domain.incident import Incident
from services.patrol.domain.levels import desk_level
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor

Effect = Callable[[Incident, StepOrder, Actor], Incident]


def unchanged(incident: Incident, _: StepOrder, __: Actor) -> Incident:
    return incident


def to_unit(incident: Incident, order: StepOrder, _: Actor) -> Incident:
    return replace(incident, unit=order.unit, handler=None, workers=())


def arbitrated(incident: Incident, order: StepOrder, actor: Actor) -> Incident:
    decided = replace(incident, arbitrated_level=desk_level(incident, actor))
    return to_unit(decided, order, actor)


def by_handler(incident: Incident, _: StepOrder, actor: Actor) -> Incident:
    workers = tuple(dict.fromkeys((*incident.workers, actor.account)))
    return replace(incident, handler=actor.account, workers=workers)


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
        return_count=0,
        arbitrated_level=None,
        duplicate_of=None,
        set_aside=None,
        links=replace(incident.links, into=None),
        reopen_count=incident.reopen_count + 1,
    )
