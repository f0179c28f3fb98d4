"""Somebody uploads a file."""

from dataclasses import dataclass
from typing import BinaryIO

from services.gateway.domain.kept_file import KeptFile
from services.gateway.ports import BlobStore, Cleaner, KeptFiles, Transaction
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class KeepFile:
    cleaner: Cleaner
    blobs: BlobStore
    files: KeptFiles
    transaction: Transaction
    clock: Clock

    def __call__(self, upload: BinaryIO, *, actor: Actor) -> KeptFile:
        """Keep an upload for reports and steps to refer to.

        Raises:
            NotSupported: it is of no kind that is kept, or it is broken.
        """
        cleaned = self.cleaner.cleaned(upload)
        # Bytes before row: a crash between leaves bytes nobody refers to, never the reverse.
        digest = self.blobs.put(cleaned.content)
        kept = KeptFile(
            file_id=new_id(),
            digest=digest,
            media_type=cleaned.media_type,
            size=cleaned.size,
            uploaded_at=self.clock(),
            uploaded_by=actor.account,
        )
        with self.transaction.begin():
            self.files.hold(digest)
            # The same bytes of another file may have been removed since they were put there.
            if not self.blobs.has(digest):
                self.blobs.put(cleaned.content)
            self.files.add(kept)
        return kept
