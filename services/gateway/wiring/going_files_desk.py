"""The desk at which uploaded files go that nobody names any more."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from services.gateway.store.going_files import SqlGoingFiles, to_be_asked_about, unneeded_bytes
from services.gateway.store.kept_files import SqlKeptFiles
from services.gateway.usecases.forget_files import ForgetFiles
from services.gateway.wiring.proving import Proving
from shared.contracts.files import MOST_ASKED
from shared.kernel.actor import PLATFORM
from shared.kernel.ids import new_id
from shared.runtime import audit
from shared.runtime.blobs import Blobs
from shared.runtime.call import Call
from shared.runtime.leases import take_lease

LEASE = "forget_files"
# It ends before the next round, or a copy that died would be missed for two.
LEASE_RUNS = timedelta(minutes=54)


class GoingFilesDesk:
    """Every method waits for the database or the disk, so call it off the loop."""

    def __init__(self, proving: Proving, blobs: Blobs) -> None:
        self._proving = proving
        self._blobs = blobs
        self._holder = new_id()
        self._kept_for = timedelta(days=proving.settings.unnamed_file_kept_days)

    def is_its_turn(self) -> bool:
        """Tell whether this copy of the edge, and no other, is to look for files that go."""
        if not self._kept_for:
            return False
        with self._proving.database.writing() as connection:
            return take_lease(connection, LEASE, self._holder, LEASE_RUNS)

    def to_be_asked_about(self, after: str) -> list[str]:
        """Return some files, by their ids after *after*, of which it is to be asked who names them."""
        now = self._proving.clock()
        with self._proving.database.reading() as connection:
            return to_be_asked_about(
                connection,
                after,
                uploaded_before=now - self._kept_for,
                now=now,
                at_most=MOST_ASKED,
            )

    def forget(self, asked: Sequence[str], named: Collection[str]) -> int:
        """Let the *named* stay and others go; return how many were forgotten. Their bytes lie on."""
        call = Call(actor=PLATFORM)
        with self._proving.kept() as work:
            return ForgetFiles(
                SqlGoingFiles(work),
                lambda file_id: self._proving.note(work, call, "forget_file", audit.DONE, file_id),
                work,
                self._proving.clock,
            )(asked, named)

    def remove_bytes(self) -> None:
        """Remove the bytes of what was forgotten, where no other file consists of the same.

        Ended in the middle, it is done again: bytes are noted until they are gone.
        """
        with self._proving.database.reading() as connection:
            noted = unneeded_bytes(connection)
        for digest in noted:
            with self._proving.kept() as work, work.begin():
                kept = SqlKeptFiles(work)
                kept.hold(digest)
                if not kept.has(digest):
                    self._blobs.remove(digest)
                SqlGoingFiles(work).settle_bytes(digest)
