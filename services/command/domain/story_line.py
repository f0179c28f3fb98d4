"""What a line of a dossier says to a person, in Chinese and English."""

from collections.abc import Mapping
from typing import Any

from shared.contracts.incident_clocks import (
    IncidentClockNearedDue,
    IncidentClockRanOut,
    IncidentClocksRecounted,
)
from shared.contracts.incident_steps import (
    IncidentAccepted,
    IncidentArbitrated,
    IncidentArrivedAt,
    IncidentAttached,
    IncidentCancelled,
    IncidentChecked,
    IncidentClosed,
    IncidentConcluded,
    IncidentConverted,
    IncidentDelayRefused,
    IncidentDetached,
    IncidentDispatched,
    IncidentEscalated,
    IncidentEvaluated,
    IncidentExtended,
    IncidentExtensionAsked,
    IncidentFeedbackGiven,
    IncidentFiled,
    IncidentHandedBack,
    IncidentHandedDown,
    IncidentJoinAccepted,
    IncidentJoinAsked,
    IncidentJoinFeedbackGiven,
    IncidentJoinRefused,
    IncidentMerged,
    IncidentRedispatched,
    IncidentReopened,
    IncidentResumed,
    IncidentReturned,
    IncidentReworkOrdered,
    IncidentSelfHandled,
    IncidentSigned,
    IncidentSupervised,
    IncidentSupervisionAnswered,
    IncidentSuspended,
    IncidentSuspensionAsked,
    IncidentTakenOver,
    IncidentUnmerged,
    IncidentUrged,
)
from shared.contracts.patrol import IncidentAnonymised, IncidentClosedOff, IncidentReported

_LACKING = {
    "unit": ("（未写明）", "no unit"),
    "ground": ("（未写明）", "none named"),
    "extension": ("（未写明）", "so much"),
    "joint_unit": ("（未写明）", "no unit"),
    "to_level": ("上一级", "another level"),
    "asking_level": ("指挥中心", "the desk"),
    "refused": ("延缓", "the delay"),
    "satisfaction": ("（未写明）", "not said"),
    "to": ("（未写明）", "nobody named"),
    "their_no": ("（未写明）", "not told"),
}
# What stands in an event as a code, in words.
_CODES = {
    "community": ("社区", "the community"),
    "street": ("街道", "the street"),
    "district": ("区", "the district"),
    "suspend": ("中止", "the suspension"),
    "extend": ("延期", "the extension"),
    "satisfied": ("满意", "satisfied"),
    "basically_satisfied": ("基本满意", "basically satisfied"),
    "dissatisfied": ("不满意", "dissatisfied"),
    "not_asked": ("未能回访", "not asked"),
    "mediation": ("调解", "mediation"),
    "petition": ("信访", "the petition office"),
    "enforcement": ("执法", "enforcement"),
    "emergency": ("应急", "the emergency desk"),
}
_CODED = ("to_level", "asking_level", "refused", "satisfaction", "to")
# What each clock is for.
_KINDS = {
    "accept": ("受理", "accepting"),
    "dispatch": ("派遣", "dispatching"),
    "on_site": ("到场", "being on the site"),
    "handle": ("处置", "handling"),
    "return": ("退单", "returning the task"),
    "supervise": ("督办答复", "answering a supervision"),
    "receipt": ("转办回执", "a receipt from where it was handed over to"),
}

# In Chinese and English; what stands in braces is of the event.
LINES: Mapping[str, tuple[str, str]] = {
    IncidentReported.event_type: ("上报。", "Reported."),
    IncidentAccepted.event_type: ("情况属实，予以受理。", "Found real and accepted."),
    IncidentCancelled.event_type: ("不符合立案条件，注销。", "Cancelled: it is no case to file."),
    IncidentSelfHandled.event_type: (
        "上报人即办即结。",
        "Put right on the spot by whoever reported it.",
    ),
    IncidentFiled.event_type: ("立案。", "A case file was opened."),
    IncidentDispatched.event_type: ("派遣至 {unit}。", "Dispatched to {unit}."),
    IncidentReturned.event_type: ("{unit} 退单。", "Returned by {unit}."),
    IncidentRedispatched.event_type: ("重新派遣至 {unit}。", "Dispatched anew to {unit}."),
    IncidentArbitrated.event_type: (
        "裁定由 {unit} 承办。",
        "Decided on: the task belongs to {unit}.",
    ),
    IncidentSigned.event_type: ("{unit} 签收。", "Signed for by {unit}."),
    IncidentArrivedAt.event_type: ("到达现场。", "On the site."),
    IncidentSuspensionAsked.event_type: (
        "申请中止处置时限，事由：{ground}。",
        "It was asked that the limit for handling stand; the ground: {ground}.",
    ),
    IncidentExtensionAsked.event_type: (
        "申请延长处置时限 {extension}。",
        "It was asked that the limit for handling be extended by {extension}.",
    ),
    IncidentSuspended.event_type: (
        "经批准中止处置时限，事由：{ground}。",
        "The limit for handling stands, as approved; the ground: {ground}.",
    ),
    IncidentResumed.event_type: ("恢复处置时限。", "The limit for handling runs again."),
    IncidentExtended.event_type: (
        "经批准延长处置时限 {extension}。",
        "The limit for handling was extended by {extension}, as approved.",
    ),
    IncidentDelayRefused.event_type: ("不批准{refused}申请。", "Not approved: {refused}."),
    IncidentJoinAsked.event_type: (
        "邀请 {joint_unit} 协办。",
        "{joint_unit} was asked to handle it jointly.",
    ),
    IncidentJoinAccepted.event_type: ("{joint_unit} 接受协办。", "{joint_unit} takes part."),
    IncidentJoinRefused.event_type: (
        "{joint_unit} 拒绝协办。",
        "{joint_unit} does not take part.",
    ),
    IncidentJoinFeedbackGiven.event_type: (
        "{joint_unit} 反馈协办结果，附证据。",
        "{joint_unit} reported its result with evidence.",
    ),
    IncidentClockNearedDue.event_type: ("时限临近：{kinds}。", "Little time is left: {kinds}."),
    IncidentClockRanOut.event_type: ("已超时限：{kinds}。", "The time is over: {kinds}."),
    IncidentClocksRecounted.event_type: (
        "节假日安排公布，时限重新计算：{kinds}。",
        "A calendar was set, and limits counted anew: {kinds}.",
    ),
    IncidentFeedbackGiven.event_type: (
        "反馈处置结果，附证据。",
        "The result was reported with evidence.",
    ),
    IncidentChecked.event_type: ("核查通过。", "Checked and found good."),
    IncidentReworkOrdered.event_type: (
        "核查不通过，返工。",
        "The check found it wanting; it is worked on.",
    ),
    IncidentClosed.event_type: ("结案。", "Closed."),
    IncidentEvaluated.event_type: ("综合评价：{satisfaction}。", "Evaluated: {satisfaction}."),
    IncidentEscalated.event_type: (
        "升级，现由{to_level}指挥中心掌握。",
        "Escalated: the desk of {to_level} holds it now.",
    ),
    IncidentHandedDown.event_type: (
        "下交，现由{to_level}指挥中心掌握。",
        "Handed down: the desk of {to_level} holds it now.",
    ),
    IncidentSupervised.event_type: ("{asking_level}督办。", "Supervised by {asking_level}."),
    IncidentUrged.event_type: ("{asking_level}催办。", "Urged by {asking_level}."),
    IncidentSupervisionAnswered.event_type: (
        "答复督办、催办。",
        "It was answered how the matter stands.",
    ),
    IncidentReopened.event_type: ("重新打开。", "Opened again."),
    IncidentMerged.event_type: (
        "作为重复事件并入另一事件。",
        "Merged into another incident as a duplicate.",
    ),
    IncidentUnmerged.event_type: (
        "撤销合并，恢复原状态和时限。",
        "The merging was taken back: it stands where it stood, with its limits.",
    ),
    IncidentAttached.event_type: ("设为另一事件的子事件。", "Became a part of another incident."),
    IncidentDetached.event_type: ("不再是子事件。", "Is no part of another incident any more."),
    IncidentConverted.event_type: (
        "转往{to}办理，待回执。",
        "Handed over to {to}; a receipt is due.",
    ),
    IncidentTakenOver.event_type: (
        "对方已受理，编号 {their_no}。",
        "Taken over there, under number {their_no}.",
    ),
    IncidentHandedBack.event_type: (
        "对方不予受理，退回原状态。",
        "Not taken there: it stands where it stood, with its limits.",
    ),
    IncidentConcluded.event_type: (
        "关联事项（{their_no}）办结，本事件随之结案。",
        "The matter there ({their_no}) ended, and this incident with it.",
    ),
    IncidentClosedOff.event_type: ("变更知悉范围。", "Whom it is closed to was changed."),
    IncidentAnonymised.event_type: ("已匿名。", "Anonymised."),
}


def line_of(event_type: str, said: Mapping[str, Any]) -> dict[str, str]:
    """Return what an event of a dossier says; of one that is not in the table, its name."""
    zh, en = LINES.get(event_type, (event_type, event_type))
    return {"zh": zh.format_map(_words(said, 0)), "en": en.format_map(_words(said, 1))}


def _words(said: Mapping[str, Any], language: int) -> dict[str, Any]:
    lacking = {name: words[language] for name, words in _LACKING.items() if not said.get(name)}
    coded = {name: _coded(said[name], language) for name in _CODED if said.get(name)}
    kinds = [_KINDS.get(kind, (kind, kind))[language] for kind in said.get("kinds", ())]
    return {**said, **lacking, **coded, "kinds": ("、", ", ")[language].join(kinds)}


def _coded(code: str, language: int) -> str:
    return _CODES.get(code, (code, code))[language]
