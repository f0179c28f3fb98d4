"""Somebody wants the read models made anew from what the services have told."""

from dataclasses import dataclass

from services.command.domain.heard import Heard
from services.command.ports import ReadModels, Records, SearchIndex, Transaction
from services.command.usecases.follow_incident import FollowIncident


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a rebuild did: of *rows* compared, `differences` were not as the events taken say."""

    events: int
    rows: int
    differences: int


@dataclass(frozen=True, slots=True)
class RebuildReadModels:
    models: ReadModels
    search: SearchIndex
    records: Records
    transaction: Transaction

    def __call__(self) -> Rebuilt:
        """Replace the read models by what the record says; readers see the old until it is whole.

        Events under way while it runs are taken from the record, and passed over when they come.
        """
        with self.transaction.begin():
            self.records.forget_taken()  # first: from here on nobody else writes the models
            before = self.models.fingerprints()
            self.models.clear()
            events = sum(self._follow(heard) for heard in self.records.taken_again())
            after = self.models.fingerprints()
            # Later than the comparison: that these rows were not there yet is no difference.
            events += sum(self._follow(heard) for heard in self.records.not_yet_taken())
        return Rebuilt(events=events, rows=len(after), differences=len(before ^ after))

    def _follow(self, heard: Heard) -> bool:
        FollowIncident(self.models, self.search, None)(heard)
        return True
