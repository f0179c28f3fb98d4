"""Uploaded bytes, kept by what they are."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.runtime.blobs import Blobs

BYTES = b"a photograph"
DIGEST = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


class TestBlobs:
    def test_keeps_the_bytes_under_their_digest(self, blobs: Blobs) -> None:
        digest = blobs.put([BYTES[:3], BYTES[3:], b""])

        assert digest == DIGEST
        assert blobs.path(digest).read_bytes() == BYTES

    def test_keeps_the_same_bytes_once(self, blobs: Blobs, tmp_path: Path) -> None:
        assert blobs.put([BYTES]) == blobs.put([BYTES])

        assert len(files_in(tmp_path)) == 1

    def test_removes_them_once_and_then_again(self, blobs: Blobs, tmp_path: Path) -> None:
        digest = blobs.put([BYTES])

        for _ in range(2):
            blobs.remove(digest)

        assert files_in(tmp_path) == []

    def test_keeps_nothing_half(self, blobs: Blobs, tmp_path: Path) -> None:
        def broken_off() -> Iterator[bytes]:
            yield BYTES
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            blobs.put(broken_off())

        assert files_in(tmp_path) == []

    def test_keeps_no_bytes_at_all_too(self, blobs: Blobs) -> None:
        assert blobs.path(blobs.put([])).read_bytes() == b""

    def test_knows_where_a_blob_would_lie(self, blobs: Blobs) -> None:
        assert not blobs.path(DIGEST).exists()

    @pytest.mark.parametrize(
        "digest",
        ["", "..", "../../etc/passwd", DIGEST[:-1], DIGEST + "0", DIGEST.upper(), DIGEST + "\n"],
    )
    def test_refuses_a_name_that_is_no_digest(self, blobs: Blobs, digest: str) -> None:
        with pytest.raises(ValueError, match="64 hexadecimal digits"):
            blobs.path(digest)
