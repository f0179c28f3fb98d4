"""Who may know of an incident, and who may close it off to others (rules PET-07)."""

from services.patrol.domain.incident import Incident
from shared.contracts.patrol import Closing
from shared.kernel.actor import Actor, not_permitted
from shared.kernel.compartment import Compartment, admits
from shared.kernel.errors import RuleBroken
from shared.kernel.rights import Permission


def may_see(incident: Incident, actor: Actor) -> bool:
    """Tell whether the actor may know that there is such an incident."""
    is_in_reach = actor.reaches(incident.place.codes, Permission.INCIDENT_READ)
    is_own = incident.reported_by == actor.account
    return (is_in_reach or is_own) and admits(incident.compartment, actor)


def closed_by(closing: Closing, actor: Actor) -> Compartment | None:
    """Return the compartment that an actor asks for; None when it closes the record to nobody.

    Whoever reports may keep units and persons out; naming the only ones let in takes a role for it.

    Raises:
        Forbidden: the actor may not say who is let in.
        RuleBroken: he would close it to himself, and could not undo it.
    """
    if closing.only and not actor.may(Permission.INCIDENT_CLOSE_OFF):
        raise not_permitted(Permission.INCIDENT_CLOSE_OFF)
    compartment = Compartment(
        units=tuple(closing.units), accounts=tuple(closing.accounts), only=tuple(closing.only)
    )
    if compartment.is_open:
        return None
    if not compartment.admits(actor):
        raise RuleBroken(
            code="closed_to_yourself",
            zh="不能把案件对自己回避；请由他人办理，或把自己列入 only。",
            en="You cannot close a record off to yourself; let somebody else do it, or name yourself in only.",
        )
    return compartment
