"""Whether somebody may take a step at all, and whether his order holds what it needs."""

from services.patrol.domain.step_table import STEP_TABLE
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor
from shared.kernel.errors import FieldError, Forbidden, Invalid
from shared.kernel.rights import roles_with

_NEEDED = {
    "note": ("请写明理由或结果", "say why, or with what result"),
    "unit": ("请指明承办单位", "name the unit the task goes to"),
    "ground": ("请写明中止事由", "name the ground of the suspension"),
    "extension": ("请写明延长多少", "say by how much"),
    "satisfaction": ("请选择满意程度", "say how satisfied whoever reported it is"),
    "score": ("请给出评分（0–100）", "give a score from 0 to 100"),
    "into": ("请指明并入哪一事件", "name the incident it is merged into"),
    "parent": ("请指明上级事件", "name the incident it is a part of"),
    "to": ("请指明转往何处", "say to which service it goes"),
    "files": ("请附至少一份处置证据（照片等）", "attach at least one file of evidence"),
}


def check_taker(step: str, actor: Actor) -> None:
    """Refuse a step to an account without a role for it.

    Raises:
        Forbidden: no role of the actor may take the step.
    """
    if not actor.may(STEP_TABLE[step].who):
        roles = ", ".join(roles_with(STEP_TABLE[step].who))
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
    missing = [name for name in STEP_TABLE[step].needs if _is_blank(getattr(order, name))]
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


def _is_blank(given: str | list[str] | int | None) -> bool:
    if isinstance(given, int):
        return False
    texts = [given] if isinstance(given, str) else given or []
    return not any(text.strip() for text in texts)
