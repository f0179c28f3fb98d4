"""Uploaded bytes, kept by what they are: the name of a blob is the SHA-256 of its bytes.

The same bytes uploaded twice are kept once, and a blob never changes; a row elsewhere says what it
is for. Needs one folder that all processes see.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """The blobs of one platform, below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, chunks: Iterable[bytes]) -> str:
        """Keep the bytes; return their SHA-256 in hex. Killed on the way, it leaves nothing half."""
        self._folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        handle, name = tempfile.mkstemp(dir=self._folder, prefix=".incoming-")
        try:
            with os.fdopen(handle, "wb") as incoming:
                for chunk in chunks:
                    digest.update(chunk)
                    incoming.write(chunk)
                incoming.flush()
                os.fsync(incoming.fileno())
            kept = self.path(digest.hexdigest())
            kept.parent.mkdir(exist_ok=True)
            Path(name).replace(kept)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return digest.hexdigest()

    def remove(self, digest: str) -> None:
        """Remove the bytes; whoever reads them now reads them to the end. Gone already is gone."""
        self.path(digest).unlink(missing_ok=True)

    def path(self, digest: str) -> Path:
        """Return where the blob lies, whether or not it does."""
        if _DIGEST.fullmatch(digest) is None:
            raise ValueError("a blob is named by 64 hexadecimal digits")
        return self._folder / digest[:2] / digest
