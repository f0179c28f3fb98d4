"""Whom a record is closed to, however high his role (rules PET-07, MED-12).

The accused unit, the clerk who had to recuse himself, everyone outside a mediation: to them the
record does not exist – no row, no count, no hit, no line.
"""

from dataclasses import dataclass

from shared.kernel.actor import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Compartment:
    """Closed to everybody of `units` and to `accounts`; open to `only` alone unless that is empty."""

    units: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Tell whether it closes the record to nobody."""
        return not (self.units or self.accounts or self.only)

    def admits(self, actor: Actor) -> bool:
        """Tell whether the record is open to this actor, as far as the compartment goes."""
        if actor.account in self.accounts or actor.unit in self.units:
            return False
        return not self.only or actor.account in self.only


def admits(compartment: Compartment | None, actor: Actor) -> bool:
    """Tell the same of a record that may have no compartment."""
    return compartment is None or compartment.admits(actor)
