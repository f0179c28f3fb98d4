"""What merging an incident, or making it a part of another, changes of it."""

from dataclasses import replace

from services.patrol.domain.incident import Incident
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor


def merged(incident: Incident, _: StepOrder, __: Actor) -> Incident:
    other = incident.links.other
    if other is None:
        return incident
    links = replace(incident.links, into=other.incident_id)
    return replace(incident, duplicate_of=other.matter_no, links=links)


def unmerged(incident: Incident, _: StepOrder, __: Actor) -> Incident:
    return replace(incident, duplicate_of=None, links=replace(incident.links, into=None))


def attached(incident: Incident, _: StepOrder, __: Actor) -> Incident:
    other = incident.links.other
    parent = None if other is None else other.incident_id
    return replace(incident, links=replace(incident.links, parent=parent))


def detached(incident: Incident, _: StepOrder, __: Actor) -> Incident:
    return replace(incident, links=replace(incident.links, parent=None))
