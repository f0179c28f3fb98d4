"""What may be the same as something about to be reported: near in space and time, in similar words."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.patrol.domain.duplicates import Reach, Told, distance, nearness
from services.patrol.domain.likeness import likeness
from tests.builders.incident import NOW

REACH = Reach(metres=200, span=timedelta(days=7))
HERE = Told(lon=112.2, lat=31.05, at=NOW, text="桥下垃圾成堆")
LONS, LATS = st.floats(-180, 180), st.floats(-90, 90)


class TestLikeness:
    @pytest.mark.parametrize(
        ("one", "other", "alike"),
        [
            ("桥下垃圾成堆", "桥下垃圾成堆", 1),
            ("垃圾", "路灯不亮", 0),
            # Three pairs of five and five are shared: 桥下, 垃圾, 成堆 stand; what joins them changes.
            ("桥下垃圾成堆", "垃圾成堆桥下", 0.8),
            ("ＡＢＣ，路灯！", "abc路灯", 1),
            ("灯", "灯", 1),
            ("灯", "路灯", 0),
        ],
    )
    def test_counts_the_pairs_that_two_texts_share(
        self, one: str, other: str, alike: float
    ) -> None:
        assert likeness(one, other) == pytest.approx(alike)

    @pytest.mark.parametrize("nothing", ["", " ", "！？"])
    def test_is_of_no_text_that_says_nothing(self, nothing: str) -> None:
        assert likeness(nothing, "垃圾") is None

    @given(st.text(max_size=40), st.text(max_size=40))
    def test_is_the_same_both_ways_and_between_none_and_all(self, one: str, other: str) -> None:
        alike = likeness(one, other)

        assert alike == likeness(other, one)
        assert alike is None or 0 <= alike <= 1


class TestNearness:
    def test_is_whole_of_what_is_the_same(self) -> None:
        why = nearness(HERE, HERE, REACH)

        assert why is not None
        assert (why.distance_m, why.hours, why.similarity, why.score) == (0, 0, 1, 1)

    def test_says_how_far_how_long_ago_and_how_alike(self) -> None:
        known = replace(HERE, lat=31.0509, at=NOW - timedelta(hours=5), text="垃圾成堆桥下")

        why = nearness(HERE, known, REACH)

        assert why is not None
        assert why.distance_m == pytest.approx(99.8, abs=0.2)
        assert (why.hours, why.similarity) == (5, 0.8)
        assert 0 < why.score < 1

    @pytest.mark.parametrize(
        "other",
        [
            {"lat": 31.053},
            {"lon": 112.203},
            {"at": NOW - timedelta(days=8)},
            {"at": NOW + timedelta(days=8)},
        ],
    )
    def test_is_none_of_what_lies_too_far_in_space_or_time(self, other: dict[str, object]) -> None:
        assert nearness(HERE, replace(HERE, **other), REACH) is None  # type: ignore[arg-type]

    def test_goes_by_place_and_time_where_there_are_no_words(self) -> None:
        silent = replace(HERE, text="")

        why = nearness(silent, HERE, REACH)

        assert why is not None
        assert (why.similarity, why.score) == (None, 1)

    def test_puts_like_words_before_a_few_metres(self) -> None:
        alike = nearness(HERE, replace(HERE, lat=31.0509), REACH)
        nearer = nearness(HERE, replace(HERE, text="路灯不亮"), REACH)

        assert alike is not None
        assert nearer is not None
        assert alike.score > nearer.score


class TestReach:
    @given(LONS, LATS, st.floats(-0.005, 0.005), st.floats(-0.005, 0.005))
    def test_gives_a_box_that_holds_all_that_is_near(
        self, lon: float, lat: float, dlon: float, dlat: float
    ) -> None:
        here = replace(HERE, lon=lon, lat=lat)
        there = replace(HERE, lon=(lon + dlon + 180) % 360 - 180, lat=lat + dlat)
        box = REACH.box(lon, lat)

        if distance(here, there) < REACH.metres * 0.999:
            assert box.south <= there.lat <= box.north
            assert any(west <= there.lon <= east for west, east in box.spans)
