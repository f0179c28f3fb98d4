"""Whose places a routing rule is about."""

from collections.abc import Iterable

from services.patrol.domain.routing_set import Chains
from services.patrol.ports.routing import AreaTree
from shared.contracts.routing import RoutingRuleOrder
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.errors import FieldError, Forbidden, Invalid
from shared.kernel.rights import Permission


def chains_of(rules: Iterable[RoutingRuleOrder | None], areas: AreaTree) -> Chains:
    """Return for each place that rules name the areas it lies in, as the registry knows them now."""
    read = (says for says in rules if says is not None)
    places = {place for says in read for place in says.condition.places}
    return areas.chains(places) if places else {}


def places_of(says: RoutingRuleOrder | None, areas: AreaTree) -> Chains:
    """Return the same for one rule of before; a place there is no more lies in itself alone."""
    known = chains_of([says], areas)
    places = [] if says is None else says.condition.places
    return {place: known.get(place, frozenset((place,))) for place in places}


def check_reach(
    says: RoutingRuleOrder | None, chains: Chains, actor: Actor, permission: Permission
) -> None:
    """See that a rule is about places of the actor's alone; one that cannot be read may be about any.

    Raises:
        Invalid: a place that the registry does not know.
        Forbidden: a place that is not his; or none is named, and he serves a part of the tree.
    """
    places = [] if says is None else says.condition.places
    if unknown := [number for number, place in enumerate(places) if place not in chains]:
        raise _unknown_places(unknown)
    if WHOLE_TREE in actor.places(permission):
        return
    if not places or not all(actor.reaches(chains[place], permission) for place in places):
        raise Forbidden(
            code="place_not_yours",
            zh="规则须写明地点，且均在您的辖区之内。",
            en="A rule names its places, and all of them lie under yours.",
        )


def _unknown_places(unknown: list[int]) -> Invalid:
    return Invalid(
        code="invalid",
        zh="规则不合要求，详见 errors。",
        en="The rule is wrong; see errors.",
        errors=tuple(
            FieldError(
                field=f"condition.places.{number}",
                code="unknown_place",
                zh="没有这个区划或网格",
                en="there is no such division or cell",
            )
            for number in unknown
        ),
    )
