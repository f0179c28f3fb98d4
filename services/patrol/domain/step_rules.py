"""Who may take a step, and what it needs: the guards beside the state table (rules INC-04)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from services.patrol.domain.incident import Incident
from shared.contracts.incident_steps import STEP_NEEDS
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor
from shared.kernel.errors import FieldError, Forbidden, Invalid, RuleBroken
from shared.kernel.rights import roles_with

# Who may take any step at all.
STEP_PERMISSIONS = tuple(sorted(set(STEP_NEEDS.values())))

Effect = Callable[[Incident, StepOrder, Actor], Incident]


def _unchanged(incident: Incident, _: StepOrder, __: Actor) -> Incident:
    return incident


def _to_unit(incident: Incident, order: StepOrder, _: Actor) -> Incident:
    if incident.compartment is not None and order.unit in incident.compartment.units:
        raise RuleBroken(
            code="closed_to_unit",
            zh="该事件对这一单位回避，不能派给它。",
            en="The incident is closed to this unit; it cannot be dispatched there.",
        )
    return replace(incident, unit=order.unit, handler=None)


def _by_handler(incident: Incident, _: StepOrder, actor: Actor) -> Incident:
    return replace(incident, handler=actor.account)


def _returned(incident: Incident, _: StepOrder, __: Actor) -> Incident:
    if incident.return_count >= RETURN_LIMIT:
        raise RuleBroken(
            code="return_limit_reached",
            zh="同一事件只可退单一次；请提请本级指挥中心裁定。",
            en="A task may be returned once; ask the desk of this level to decide.",
        )
    return replace(incident, return_count=incident.return_count + 1)


def _reworked(incident: Incident, order: StepOrder, actor: Actor) -> Incident:
    _checked_by_another(incident, order, actor)
    return replace(incident, rework_count=incident.rework_count + 1)


def _checked_by_another(incident: Incident, _: StepOrder, actor: Actor) -> Incident:
    if incident.handler == actor.account:
        raise RuleBroken(
            code="handler_checks_own_work",
            zh="处置人不得核查自己的处置结果，请由他人核查。",
            en="The handler does not check his own work; somebody else has to.",
        )
    return incident


def _cancelled(incident: Incident, order: StepOrder, _: Actor) -> Incident:
    return replace(incident, duplicate_of=order.duplicate_of)


# A second return of the same task goes to arbitration (rules INC-05); arbitration is not a door yet.
RETURN_LIMIT = 1


@dataclass(frozen=True, slots=True)
class StepRule:
    """What a step asks of its order, and what it changes beside the state."""

    needs: tuple[str, ...] = ()
    effect: Effect = field(default=_unchanged)


STEP_RULES: dict[str, StepRule] = {
    "accept": StepRule(),
    "cancel": StepRule(("note",), _cancelled),
    "file": StepRule(),
    "dispatch": StepRule(("unit",), _to_unit),
    "redispatch": StepRule(("unit",), _to_unit),
    "sign": StepRule((), _by_handler),
    "return": StepRule(("note",), _returned),
    # Without evidence here the case could be closed without any.
    "feedback": StepRule(("note", "files"), _by_handler),
    "check": StepRule((), _checked_by_another),
    "rework": StepRule(("note",), _reworked),
    "close": StepRule(),
}

_NEEDED = {
    "note": ("请写明理由或结果", "say why, or with what result"),
    "unit": ("请指明承办单位", "name the unit the task goes to"),
    "files": ("请附至少一份处置证据（照片等）", "attach at least one file of evidence"),
}


def check_taker(step: str, actor: Actor) -> None:
    """Refuse a step to an account without a role for it.

    Raises:
        Forbidden: no role of the actor may take the step.
    """
    if not actor.may(STEP_NEEDS[step]):
        roles = ", ".join(roles_with(STEP_NEEDS[step]))
        raise Forbidden(
            code="step_not_yours",
            zh=f"{step} 须由以下角色执行：{roles}。",
            en=f"{step} is taken by one of these roles: {roles}.",
        )


def check_order(step: str, order: StepOrder) -> None:
    """Refuse an order that lacks what the step needs.

    Raises:
        Invalid: with each missing field.
    """
    missing = [name for name in STEP_RULES[step].needs if _is_blank(getattr(order, name))]
    if missing:
        raise Invalid(
            code="invalid",
            zh=f"{step} 还缺少内容，详见 errors。",
            en=f"{step} lacks something; see errors.",
            errors=tuple(
                FieldError(field=name, code="needed", zh=_NEEDED[name][0], en=_NEEDED[name][1])
                for name in missing
            ),
        )


def _is_blank(given: str | list[str] | None) -> bool:
    texts = [given] if isinstance(given, str) else given or []
    return not any(text.strip() for text in texts)
