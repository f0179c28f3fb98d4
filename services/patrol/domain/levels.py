"""The three levels of command (区、街道、社区), and at which of them somebody serves (rules INC-05)."""

from services.patrol.domain.incident import Incident
from shared.kernel.actor import PLATFORM, WHOLE_TREE, Actor
from shared.kernel.rights import Permission

# From the lowest to the highest.
COMMAND_LEVELS = ("community", "street", "district")
LOWEST, HIGHEST = COMMAND_LEVELS[0], COMMAND_LEVELS[-1]


def rank(level: str) -> int:
    """Return how high a level is, from 0."""
    return COMMAND_LEVELS.index(level)


def level_above(level: str) -> str:
    """Return the next level up; of the highest, itself."""
    return COMMAND_LEVELS[min(rank(level) + 1, rank(HIGHEST))]


def level_below(level: str) -> str:
    """Return the next level down; of the lowest, itself."""
    return COMMAND_LEVELS[max(rank(level) - 1, 0)]


def desk_level(incident: Incident, actor: Actor) -> str:
    """Return the highest level at which the actor commands what lies where the incident does.

    A desk below a community is one of the lowest level. The platform decides for the desk that holds the
    matter: it goes by rules that people have put in force.
    """
    if actor is PLATFORM:
        return incident.level
    places = actor.places(Permission.INCIDENT_COMMAND)
    if WHOLE_TREE in places:
        return HIGHEST
    for level in reversed(COMMAND_LEVELS):
        area = getattr(incident.place, level)
        if area is not None and area.code in places:
            return level
    return LOWEST


def asking_level(incident: Incident, actor: Actor) -> str:
    """Return the level for which somebody asks; the platform asks for the one that holds the matter."""
    is_of_a_desk = actor.may(Permission.INCIDENT_COMMAND)
    return desk_level(incident, actor) if is_of_a_desk else incident.level
