"""Somebody uploads a file."""

import hashlib
import io

import pytest

from services.gateway.domain.kept_file import NotSupported
from services.gateway.usecases.keep_file import KeepFile
from shared.kernel.actor import Actor
from tests.fakes.gateway import (
    FakeBlobStore,
    FakeCleaner,
    FakeClock,
    FakeKeptFiles,
    FakeTransaction,
)

MEMBER = Actor(account="member")


class TestKeepFile:
    def setup_method(self) -> None:
        work = FakeTransaction()
        self.blobs, self.files, self.clock = FakeBlobStore(), FakeKeptFiles(work), FakeClock()
        self.keep = KeepFile(FakeCleaner(), self.blobs, self.files, work, self.clock)

    def test_keeps_who_uploaded_what_and_when(self) -> None:
        kept = self.keep(io.BytesIO(b"good picture"), actor=MEMBER)

        assert self.files.kept == [kept]
        assert kept.digest == hashlib.sha256(b"good picture").hexdigest()
        assert self.blobs.kept[kept.digest] == b"good picture"
        assert (kept.media_type, kept.size) == ("image/png", 12)
        assert (kept.uploaded_by, kept.uploaded_at) == ("member", self.clock.now)

    def test_gives_the_same_bytes_two_ids(self) -> None:
        first = self.keep(io.BytesIO(b"good picture"), actor=MEMBER)
        second = self.keep(io.BytesIO(b"good picture"), actor=Actor(account="other"))
        assert first.digest == second.digest
        assert first.file_id != second.file_id

    def test_keeps_bytes_that_were_removed_with_another_file_in_the_same_moment(self) -> None:
        self.files.before_holding = self.blobs.kept.clear
        kept = self.keep(io.BytesIO(b"good picture"), actor=MEMBER)
        assert self.files.held == [kept.digest]
        assert self.blobs.kept == {kept.digest: b"good picture"}

    def test_keeps_nothing_of_what_is_not_supported(self) -> None:
        with pytest.raises(NotSupported):
            self.keep(io.BytesIO(b"bad"), actor=MEMBER)
        assert not self.files.kept
        assert not self.blobs.kept
