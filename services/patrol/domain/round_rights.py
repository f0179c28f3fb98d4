"""Who may know of a round, walk it, and end it."""

from services.patrol.domain.patrol_round import PatrolRound
from services.patrol.domain.round_refusals import no_such_round, not_your_round
from shared.kernel.actor import Actor
from shared.kernel.rights import Permission


def may_know(of_round: PatrolRound, actor: Actor) -> bool:
    """Tell whether the actor may know that there is such a round."""
    return actor.account in of_round.officers or actor.reaches(
        of_round.place.codes, Permission.PATROL_READ
    )


def check_walks(of_round: PatrolRound | None, actor: Actor) -> PatrolRound:
    """Return the round when the actor walks it.

    Raises:
        NotFound: there is none that he may know of.
        Forbidden: he does not walk it.
    """
    if of_round is None or not may_know(of_round, actor):
        raise no_such_round()
    if actor.account not in of_round.officers:
        raise not_your_round()
    return of_round


def check_walks_or_commands(of_round: PatrolRound | None, actor: Actor) -> PatrolRound:
    """Return the round when the actor walks it, planned it for himself, or commands its place.

    Raises:
        NotFound: there is none that he may know of.
        Forbidden: he neither walks nor commands it.
    """
    if of_round is None or not may_know(of_round, actor):
        raise no_such_round()
    commands = actor.reaches(of_round.place.codes, Permission.PATROL_COMMAND)
    if not (commands or actor.account in of_round.officers):
        raise not_your_round()
    return of_round
