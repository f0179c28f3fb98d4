"""What refuses to move a matter between the three levels (rules INC-05)."""

from services.patrol.domain.guards import Guard
from services.patrol.domain.incident import Incident
from services.patrol.domain.levels import HIGHEST, LOWEST, level_below
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor


def _has_no_desk_below(incident: Incident, _: StepOrder, __: Actor) -> bool:
    # What lies outside every community has no desk there to hold it.
    below = getattr(incident.place, level_below(incident.level))
    return incident.level == LOWEST or below is None


NO_DESK_ABOVE = Guard(
    code="no_desk_above",
    zh="事件已在区级指挥中心，没有更高的层级。",
    en="The district's desk holds the matter; there is none above it.",
    refuses=lambda incident, order, actor: incident.level == HIGHEST,
)
NO_DESK_BELOW = Guard(
    code="no_desk_below",
    zh="事件所在地没有下一级指挥中心，不能下交。",
    en="There is no desk of a lower level where the incident lies; it cannot be handed down.",
    refuses=_has_no_desk_below,
)
