"""What refuses to merge incidents, or to make one a part of another."""

from services.patrol.domain.guards import Guard
from services.patrol.domain.incident import Incident, State
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor


def _is_the_same(incident: Incident, _: StepOrder, __: Actor) -> bool:
    other = incident.links.other
    return other is not None and other.incident_id == incident.incident_id


def _other_has_ended(incident: Incident, _: StepOrder, __: Actor) -> bool:
    other = incident.links.other
    return other is not None and not other.is_open


def _compartments_differ(incident: Incident, _: StepOrder, __: Actor) -> bool:
    other = incident.links.other
    return other is not None and other.compartment != incident.compartment


def _other_takes_no_part(incident: Incident, _: StepOrder, __: Actor) -> bool:
    other = incident.links.other
    return other is not None and (other.has_parent or other.state == State.LINKED)


SAME_INCIDENT = Guard(
    code="same_incident",
    zh="不能与自身合并，也不能作自身的子事件。",
    en="An incident is neither merged into itself nor a part of itself.",
    refuses=_is_the_same,
)
OTHER_ENDED = Guard(
    code="other_ended",
    zh="另一事件已结束或已并入他案；请选未结的事件。",
    en="The other incident has ended, or was merged itself; name one that is open.",
    refuses=_other_has_ended,
)
# Merged, each would tell of the other to whoever the other is closed to.
COMPARTMENTS_DIFFER = Guard(
    code="compartments_differ",
    zh="两件事件的知悉范围不同；请先用 close-off 调成一致。",
    en="The two are closed to different people; close them off alike first (close-off).",
    refuses=_compartments_differ,
)
OTHERS_MERGED_INTO_IT = Guard(
    code="others_merged_into_it",
    zh="已有其他事件并入本事件；请先撤销那些合并，再并入他案。",
    en="Others were merged into this one; take those back first (unmerge), then merge it.",
    refuses=lambda incident, order, actor: incident.links.merged > 0,
)
HAS_CHILDREN = Guard(
    code="has_children",
    zh="本事件有子事件；有子事件的不能并入他案，也不能再作子事件。",
    en="The incident has parts of its own: it is neither merged nor made a part of another.",
    refuses=lambda incident, order, actor: incident.links.children > 0,
)
OTHER_TAKES_NO_PART = Guard(
    code="other_takes_no_part",
    zh="另一事件本身是子事件，或已转其他程序办理，不能再有子事件。",
    en="The other incident is itself a part of one, or goes on in another procedure: it takes no parts.",
    refuses=_other_takes_no_part,
)
CHILD_OPEN = Guard(
    code="child_open",
    zh="还有子事件未结；全部办结后才能结束本事件。",
    en="A part of this incident is still open; it ends when all of them have.",
    refuses=lambda incident, order, actor: incident.links.open_children > 0,
)
NOT_MERGED = Guard(
    code="not_merged",
    zh="该事件没有并入他案。",
    en="The incident was not merged into another.",
    refuses=lambda incident, order, actor: incident.set_aside is None,
)
NOT_A_PART = Guard(
    code="not_a_part",
    zh="该事件不是子事件。",
    en="The incident is no part of another.",
    refuses=lambda incident, order, actor: incident.links.parent is None,
)
