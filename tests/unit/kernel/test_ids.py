"""Identifiers: version 7, in the order of their making, and never the same twice."""

import time
from uuid import RFC_4122, UUID

import pytest

from shared.kernel.ids import new_id


class TestNewId:
    def test_is_a_uuid_of_version_7(self) -> None:
        made = UUID(new_id())

        assert (made.version, made.variant) == (7, RFC_4122)

    def test_begins_with_the_milliseconds_of_its_making(self) -> None:
        before = time.time_ns() // 1_000_000

        made = UUID(new_id()).int >> 80

        assert before <= made <= time.time_ns() // 1_000_000

    def test_sorts_as_text_by_the_time_of_its_making(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made = []
        for millisecond in (0, 1, 255, 256, 1_700_000_000_000, 2**47, 2**48 - 1):
            monkeypatch.setattr(time, "time_ns", lambda now=millisecond: now * 1_000_000)
            made.append(new_id())

        assert made == sorted(made)

    def test_never_repeats_within_a_millisecond(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000_000_000_000)

        assert len({new_id() for _ in range(10_000)}) == 10_000
