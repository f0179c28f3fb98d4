"""How an example incident goes on after its report: the steps of the closed loop and their times."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from deploy.demo.office_hours import after_office_hours

STEPS = ("accept", "file", "dispatch", "sign", "feedback", "check", "close")

# Shortest and longest hours that each step takes after the one before it, within the limits of the
# level (rules INC-06): clock hours for L1 and L2, office hours for L3 and L4.
_HOURS: dict[str, tuple[tuple[float, float], ...]] = {
    "L1": ((0.02, 0.08), (0.01, 0.05), (0.01, 0.06), (0.05, 0.3), (2, 18), (0.5, 4), (0.5, 6)),
    "L2": ((0.03, 0.25), (0.02, 0.1), (0.05, 0.35), (0.1, 1.2), (1.5, 20), (0.5, 6), (0.5, 10)),
    "L3": ((0.1, 1.9), (0.1, 1.2), (0.2, 2.5), (0.2, 2.5), (1.5, 18), (0.5, 7), (0.3, 5)),
    "L4": ((0.2, 3.8), (0.3, 2.5), (0.5, 4.5), (0.5, 6), (14, 60), (2, 14), (0.5, 7)),
}
_AT_ANY_HOUR = frozenset({"L1", "L2"})
_LATE_SHARE = 0.06

_NOTES = {
    "accept": ("情况属实，予以受理。", "经电话核实，予以受理。", "已与网格员核对位置，予以受理。"),
    "file": ("符合立案条件，予以立案。", "属职责范围，予以立案。"),
    "dispatch": ("请按时限处置并反馈照片。", "按职责分工派遣，请尽快到场。"),
    "sign": ("已签收，安排人员前往。", "已签收，预计当日到场。"),
    "check": ("现场复核，问题已解决，照片对比一致。", "电话回访反映人，表示认可。"),
    "close": ("核查通过，予以结案。", "资料齐全，予以结案。"),
    "cancel": ("现场未发现所述情况，不予受理。", "不属于受理范围，已告知反映人渠道。", "内容不清且无法联系反映人。"),
}  # fmt: skip
_DUPLICATE = "与已受理事件重复，并入原事件办理。"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryStep:
    """One step, in the words of the lifecycle; `to_unit` only where something is dispatched."""

    action: str
    at: datetime
    note: str
    to_unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What decides the further course of an incident; `cancelled` is the chance that it has none."""

    severity: str
    unit: str
    result: str
    cancelled: float
    is_one_of_many: bool


def steps_after(
    reported_at: datetime, course: Course, rng: np.random.Generator
) -> tuple[StoryStep, ...]:
    """Return the steps from the report to the closure, or the one that cancels the report."""
    hours = [low + (high - low) * rng.beta(1.6, 3) for low, high in _HOURS[course.severity]]
    if rng.random() < _LATE_SHARE:
        hours[STEPS.index("feedback")] *= 3
    times = _times(reported_at, hours, course.severity)
    if rng.random() < course.cancelled:
        note = _DUPLICATE if course.is_one_of_many else _note("cancel", rng)
        return (StoryStep(action="cancel", at=times[0], note=note),)
    return tuple(
        StoryStep(
            action=action,
            at=at,
            note=course.result if action == "feedback" else _note(action, rng),
            to_unit=course.unit if action == "dispatch" else None,
        )
        for action, at in zip(STEPS, times, strict=True)
    )


def _times(start: datetime, hours: list[float], severity: str) -> list[datetime]:
    times = []
    for span in hours:
        if severity in _AT_ANY_HOUR:
            start += timedelta(hours=span)
        else:
            start = after_office_hours(start, span)
        times.append(start.replace(microsecond=0) + timedelta(seconds=1))
    return times


def _note(action: str, rng: np.random.Generator) -> str:
    return _NOTES[action][rng.integers(len(_NOTES[action]))]
