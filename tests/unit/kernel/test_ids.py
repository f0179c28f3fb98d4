"""Identifiers: version 7, in the order of their making, and never the same twice."""

import time
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

import pytest

from shared.kernel.clock import CHINA
from shared.kernel.ids import first_id_at, new_id


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

    def test_may_be_made_for_a_moment_and_sorts_by_it_to_the_microsecond(self) -> None:
        moment = datetime(2026, 11, 23, 8, 0, tzinfo=CHINA)
        moments = [moment + timedelta(microseconds=n) for n in range(-2000, 2000)]

        made = [new_id(at) for at in moments]

        assert made == sorted(made)
        assert UUID(made[2000]).int >> 80 == moment.timestamp() * 1000

    def test_is_the_same_kind_made_for_a_moment_as_made_now(self) -> None:
        made = UUID(new_id(datetime(2026, 11, 23, tzinfo=CHINA)))

        assert (made.version, made.variant) == (7, RFC_4122)


class TestFirstIdAt:
    @pytest.mark.parametrize("microsecond", [0, 1, 499, 999, 123_456, 999_999])
    def test_parts_what_came_before_from_what_came_then(self, microsecond: int) -> None:
        moment = datetime(2026, 11, 23, 8, 0, 0, microsecond, tzinfo=CHINA)

        bound = first_id_at(moment)

        assert all(new_id(moment - timedelta(microseconds=1)) < bound for _ in range(100))
        assert all(new_id(moment) >= bound for _ in range(100))

    def test_is_no_earlier_than_1970_and_no_later_than_the_calendar(self) -> None:
        first = first_id_at(datetime(1, 1, 1, tzinfo=UTC))

        assert first == first_id_at(datetime(1970, 1, 1, tzinfo=UTC))
        assert first < new_id() < first_id_at(datetime.max.replace(tzinfo=UTC))
