"""A file of records is received, confirmed or given up; nothing of it is on record before it is confirmed."""

from dataclasses import dataclass, replace

from services.register.domain.import_row import wrong_headings
from services.register.domain.imported import Import, no_such_import, not_in_state
from services.register.domain.refusals import raise_if_wrong
from services.register.ports import ImportStore, Transaction
from shared.contracts.register import ImportOrder
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class BeginImport:
    imports: ImportStore
    transaction: Transaction
    clock: Clock

    def __call__(self, order: ImportOrder, *, actor: Actor) -> Import:
        """Begin to receive a file; raises `Invalid` for headings that are none."""
        raise_if_wrong(wrong_headings(order.headings))
        now = self.clock()
        begun = Import(
            import_id=new_id(now),
            kind=order.kind,
            state="receiving",
            account=actor.account,
            headings=list(order.headings),
            total=order.rows,
            checked=0,
            wrong=0,
            done=0,
            created_at=now,
            updated_at=now,
        )
        with self.transaction.begin():
            self.imports.add(begun)
        return begun


@dataclass(frozen=True, slots=True)
class ConfirmImport:
    imports: ImportStore
    transaction: Transaction
    clock: Clock

    def __call__(self, import_id: str, *, actor: Actor) -> Import:
        """Let the rows of an import be written; confirmed twice it is written once.

        Raises:
            NotFound: it is not the actor's.
            RuleBroken: a row is wrong, or not all rows have come.
        """
        with self.transaction.begin():
            found = own(self.imports, import_id, actor)
            if found.state in ("writing", "done"):
                return found
            if found.state != "checked":
                raise not_in_state(found.state)
            confirmed = replace(found, state="writing", updated_at=self.clock())
            self.imports.save(confirmed)
        return confirmed


@dataclass(frozen=True, slots=True)
class CancelImport:
    imports: ImportStore
    transaction: Transaction
    clock: Clock

    def __call__(self, import_id: str, *, actor: Actor) -> Import:
        """Give an import up with all its rows; what is being written is written to its end.

        Raises:
            NotFound: it is not the actor's.
            RuleBroken: it was confirmed.
        """
        with self.transaction.begin():
            found = own(self.imports, import_id, actor)
            if found.state in ("writing", "done"):
                raise not_in_state(found.state)
            cancelled = replace(found, state="cancelled", updated_at=self.clock())
            self.imports.save(cancelled)
            self.imports.drop_rows(import_id)
        return cancelled


def own(imports: ImportStore, import_id: str, actor: Actor) -> Import:
    """Return an import of the actor's own, held; raises `NotFound`."""
    found = imports.find(import_id)
    if found is None or found.account != actor.account:
        raise no_such_import()
    return found
