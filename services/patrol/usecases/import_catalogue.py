"""An administrator brings a catalogue of categories, which stays a draft until it is put in force."""

from dataclasses import dataclass

from services.patrol.domain.catalogue import CatalogueVersion, check
from services.patrol.domain.catalogue_csv import entries_of
from services.patrol.ports.incidents import CatalogueStore
from services.patrol.ports.writing import Transaction
from shared.contracts.catalogue import CatalogueImport
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class ImportCatalogue:
    store: CatalogueStore
    transaction: Transaction
    clock: Clock

    def __call__(self, order: CatalogueImport, *, actor: Actor) -> CatalogueVersion:
        """Keep a catalogue as the next version; with `dry_run` it is checked, and has the number it would get.

        Raises:
            Invalid: it does not hold together, or the file is none; with every finding at once.
        """
        entries = (*order.entries, *(entries_of(order.csv) if order.csv else ()))
        check(entries)
        with self.transaction.begin():
            version = self.store.next_version()
            new = CatalogueVersion(version=version, source=order.source, entries=entries)
            if not order.dry_run:
                self.store.add(new, at=self.clock(), by=actor.account)
        return new
