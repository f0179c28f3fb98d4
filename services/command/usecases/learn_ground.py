"""Another boundary is in force: command learns its cells and which of them lie side by side."""

from dataclasses import dataclass

from services.command.ports import GridRegistry, GroundStore, Transaction


@dataclass(frozen=True, slots=True)
class LearnGround:
    registry: GridRegistry
    grounds: GroundStore
    transaction: Transaction

    def __call__(self) -> bool:
        """Keep the ground of the boundary in force; answer whether it was new.

        It is asked for whole once a version. Where the registry is away, the ground kept last serves.
        """
        known = self.grounds.latest()
        present = self.registry.ground(None if known is None else known.version)
        if present is None:
            return False
        with self.transaction.begin():
            self.grounds.keep(present)
        return True
