"""It is known which of some old files are named; the others go."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from services.gateway.domain.going_file import Fate
from services.gateway.ports import GoingFiles, Transaction
from shared.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class ForgetFiles:
    files: GoingFiles
    # Writes into the audit trail that a file was forgotten.
    note: Callable[[str], None]
    transaction: Transaction
    clock: Clock

    def __call__(self, asked: Sequence[str], named: Collection[str]) -> int:
        """Let files that are *named* stay, and others go; return how many were forgotten.

        *named* has to be the answer to a question that was put after the *asked* were read.
        """
        now = self.clock()
        with self.transaction.begin():
            of: defaultdict[Fate, list[str]] = defaultdict(list)
            for each in self.files.hold(asked):
                of[each.fate(is_named=each.file_id in named, now=now)].append(each.file_id)
            if stay := of[Fate.STAYS]:
                self.files.stay(stay, now)
            if go := of[Fate.BEGINS_TO_GO]:
                self.files.begin_to_go(go, now)
            forgotten = of[Fate.IS_FORGOTTEN]
            if forgotten:
                self.files.forget(forgotten)
            for file_id in forgotten:
                self.note(file_id)
        return len(forgotten)
