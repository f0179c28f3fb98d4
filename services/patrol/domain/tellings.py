"""What a step alone has to tell that is not in its order: read off the incident before and after it."""

from collections.abc import Callable
from typing import Any

from services.patrol.domain.effects import spoken_for
from services.patrol.domain.incident import Incident
from services.patrol.domain.supervision import open_numbers
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import PLATFORM, Actor

Telling = Callable[[Incident, Incident, StepOrder, Actor], dict[str, Any]]


def nothing(_: Incident, __: Incident, ___: StepOrder, ____: Actor) -> dict[str, Any]:
    return {}


def new_level(_: Incident, after: Incident, __: StepOrder, ___: Actor) -> dict[str, Any]:
    return {"to_level": after.level}


def escalation(_: Incident, after: Incident, __: StepOrder, actor: Actor) -> dict[str, Any]:
    return {"to_level": after.level, "automatic": actor.account == PLATFORM.account}


def joint_unit(_: Incident, __: Incident, order: StepOrder, actor: Actor) -> dict[str, Any]:
    return {"joint_unit": spoken_for(order, actor)}


def supervision(_: Incident, after: Incident, __: StepOrder, ___: Actor) -> dict[str, Any]:
    last = after.supervisions[-1]
    return {"number": last.number, "asking_level": last.level}


def urging(before: Incident, after: Incident, order: StepOrder, actor: Actor) -> dict[str, Any]:
    asked = supervision(before, after, order, actor)
    return asked | {"automatic": actor.account == PLATFORM.account}


def answered(before: Incident, _: Incident, __: StepOrder, ___: Actor) -> dict[str, Any]:
    return {"numbers": open_numbers(before.supervisions)}


def suspension(before: Incident, _: Incident, __: StepOrder, ___: Actor) -> dict[str, Any]:
    return {"ground": before.asked.ground} if before.asked else {}


def extension(before: Incident, _: Incident, __: StepOrder, ___: Actor) -> dict[str, Any]:
    return {"extension": before.asked.extension} if before.asked else {}


def refusal(before: Incident, _: Incident, __: StepOrder, ___: Actor) -> dict[str, Any]:
    return {"refused": before.asked.kind} if before.asked else {}
