"""Files that nobody names go: asked about twice, a week apart."""

from datetime import timedelta

import pytest

from services.gateway.domain.going_file import GOES_AFTER, AskedFile, Fate
from services.gateway.usecases.forget_files import ForgetFiles
from tests.fakes.gateway import FakeClock, FakeGoingFiles, FakeTransaction

MOMENT = timedelta(microseconds=1)
NOW = FakeClock().now


@pytest.mark.parametrize(
    ("going_for", "is_named", "fate"),
    [
        (None, True, Fate.STAYS),
        (GOES_AFTER * 2, True, Fate.STAYS),
        (None, False, Fate.BEGINS_TO_GO),
        (GOES_AFTER - MOMENT, False, Fate.IS_GOING),
        (GOES_AFTER, False, Fate.IS_FORGOTTEN),
    ],
)
def test_what_becomes_of_a_file(going_for: timedelta | None, is_named: bool, fate: Fate) -> None:
    going_at = None if going_for is None else NOW - going_for
    asked = AskedFile(file_id="f", going_at=going_at)

    assert asked.fate(is_named=is_named, now=NOW) is fate


class TestForgetFiles:
    def setup_method(self) -> None:
        self.work, self.clock, self.noted = FakeTransaction(), FakeClock(), list[str]()

    def forget(self, files: FakeGoingFiles) -> ForgetFiles:
        return ForgetFiles(files, self.noted.append, self.work, self.clock)

    def test_does_to_each_what_it_has_come_to(self) -> None:
        long_ago, of_late = NOW - GOES_AFTER, NOW - MOMENT
        files = FakeGoingFiles(self.work, new=None, late=of_late, old=long_ago, named=long_ago)

        assert self.forget(files)(["new", "late", "old", "named"], {"named"}) == 1

        assert files.going_at == {"new": NOW, "late": of_late, "named": None}
        assert files.named_at == {"named": NOW}
        assert self.noted == ["old"]

    def test_done_twice_it_forgets_and_notes_once(self) -> None:
        files = FakeGoingFiles(self.work, old=NOW - GOES_AFTER)

        assert [self.forget(files)(["old"], set()) for _ in range(2)] == [1, 0]
        assert self.noted == ["old"]

    def test_what_was_asked_for_since_the_question_begins_anew(self) -> None:
        files = FakeGoingFiles(self.work, old=NOW - GOES_AFTER)
        asked = list(files.going_at)
        files.going_at["old"] = None  # as when somebody is about to name it

        assert self.forget(files)(asked, set()) == 0
        assert files.going_at == {"old": NOW}
