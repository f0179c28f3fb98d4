"""The three levels of command (区、街道、社区), and at which of them somebody serves (rules INC-05)."""

from services.patrol.domain.incident import Incident
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.rights import Permission

# From the lowest to the highest.
COMMAND_LEVELS = ("community", "street", "district")
HIGHEST = COMMAND_LEVELS[-1]


def rank(level: str) -> int:
    """Return how high a level is, from 0."""
    return COMMAND_LEVELS.index(level)


def desk_level(incident: Incident, actor: Actor) -> str:
    """Return the highest level at which the actor commands what lies where the incident does.

    A desk below a community is one of the lowest level.
    """
    places = actor.places(Permission.INCIDENT_COMMAND)
    if WHOLE_TREE in places:
        return HIGHEST
    for level in reversed(COMMAND_LEVELS):
        area = getattr(incident.place, level)
        if area is not None and area.code in places:
            return level
    return COMMAND_LEVELS[0]
