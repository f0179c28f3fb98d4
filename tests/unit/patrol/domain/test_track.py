import numpy as np
import pytest

from services.patrol.domain.track import Floats, Marks, Track, joined, length_m, marks_of
from services.patrol.store.track_bytes import packed, unpacked
from tests.builders.patrol_round import BEGIN, METRE

START = BEGIN.timestamp()


def a_track(*north_m: float, step_s: float = 10, accuracy_m: float = 5) -> Track:
    """Return points so many metres north of the first, one every ten seconds."""
    count = len(north_m)
    at: Floats = START + np.arange(count, dtype=np.float64) * step_s
    return Track(
        seq=np.arange(count),
        at=at,
        phone_at=at - 3600,
        lon=np.full(count, 112.2),
        lat=31.05 + np.array(north_m) * METRE,
        accuracy_m=np.full(count, float(accuracy_m)),
    )


def marked(track: Track) -> Marks:
    return marks_of(track, most_speed_mps=50, most_accuracy_m=100)


class TestMarks:
    def test_leave_a_walk_alone(self) -> None:
        assert not marked(a_track(0, 10, 20, 30, 40)).any.any()

    def test_name_a_point_far_away_between_two_that_are_near(self) -> None:
        assert marked(a_track(0, 10, 20, 90_000, 30, 40, 50)).jump.tolist() == [
            False,
            False,
            False,
            True,
            False,
            False,
            False,
        ]

    def test_name_a_first_point_that_is_far_from_all_others(self) -> None:
        assert marked(a_track(90_000, 0, 10, 20)).jump.tolist() == [True, False, False, False]

    def test_name_where_somebody_is_suddenly_elsewhere_and_stays(self) -> None:
        jumps = marked(a_track(0, 10, 20, 90_000, 90_010, 90_020)).jump

        assert jumps.tolist() == [False, False, False, True, False, False]

    def test_do_not_call_a_jump_what_the_accuracy_explains(self) -> None:
        assert not marked(a_track(0, 600, 0, 600, accuracy_m=100)).jump.any()

    def test_name_what_the_phone_is_not_sure_of(self) -> None:
        unsure = a_track(0, 10, accuracy_m=101)
        silent = a_track(0, 10, accuracy_m=np.nan)

        assert marked(unsure).inaccurate.all()
        assert marked(silent).inaccurate.all()

    def test_name_what_was_recorded_before_the_clock_was_set_back(self) -> None:
        track = a_track(0, 10, 20, 30)
        set_back = track.of(np.arange(4))
        set_back.at[2:] = [START + 1, START + 2]

        assert marked(set_back.in_order).backwards.tolist() == [False, True, True, False]

    def test_of_nothing_are_none(self) -> None:
        assert len(marked(a_track()).any) == 0

    def test_of_two_far_points_name_the_second(self) -> None:
        assert marked(a_track(0, 90_000)).jump.tolist() == [False, True]


class TestLength:
    def test_is_the_way_over_the_points_that_are_believed(self) -> None:
        track = a_track(0, 10, 20, 90_000, 30, 40, 50)

        assert length_m(track, marked(track)) == pytest.approx(50, rel=0.01)

    def test_of_one_point_is_none(self) -> None:
        assert length_m(a_track(0), marked(a_track(0))) == 0


class TestPacked:
    def test_comes_back_to_the_centimetre_and_the_millisecond(self) -> None:
        track = a_track(0, 10, -20.5, 3e6)
        track.accuracy_m[1] = np.nan

        again = unpacked(packed(track))

        assert again.seq.tolist() == track.seq.tolist()
        np.testing.assert_allclose(again.at, track.at, atol=6e-4)
        np.testing.assert_allclose(again.phone_at, track.phone_at, atol=6e-4)
        np.testing.assert_allclose(again.lat, track.lat, atol=6e-8)
        np.testing.assert_allclose(again.accuracy_m, track.accuracy_m)

    def test_takes_less_than_ten_bytes_a_point(self) -> None:
        walk = np.cumsum(np.random.default_rng(7).normal(0, 8, 500))

        assert len(packed(a_track(*walk))) < 10 * 500

    def test_keeps_a_clock_of_another_age(self) -> None:
        track = a_track(0, 10)
        track.phone_at[0] = -2.2e9

        assert unpacked(packed(track)).phone_at[0] == pytest.approx(-2.2e9)


def test_batches_in_any_order_are_one_track() -> None:
    whole = a_track(*range(0, 100, 10))
    parts = [whole.of(np.array(part)) for part in ([7, 8, 9], [0, 1], [5, 2, 6, 4, 3])]

    assert joined(parts).in_order.seq.tolist() == list(range(10))
