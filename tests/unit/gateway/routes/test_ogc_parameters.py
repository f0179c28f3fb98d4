"""Boxes and spans as OGC API – Features writes them."""

from datetime import UTC, datetime, timedelta

import pytest

from services.gateway.routes.ogc_parameters import Span, box_of, span_of
from services.gateway.routes.problems import HttpRefusal
from shared.kernel.box import Box
from shared.kernel.errors import Invalid

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class TestBox:
    @pytest.mark.parametrize("text", ["112.1,31,112.3,31.2", "112.1,31,-5,112.3,31.2,900"])
    def test_is_four_numbers_or_six_with_heights(self, text: str) -> None:
        assert box_of(text) == Box(west=112.1, south=31, east=112.3, north=31.2)

    def test_may_lie_over_the_antimeridian(self) -> None:
        assert box_of("170,-10,-170,10").spans == ((170, 180), (-180, -170))
        assert box_of("-10,-10,10,10").spans == ((-10, 10),)

    @pytest.mark.parametrize(
        "text",
        ["", "1,2,3", "1,2,3,4,5", "1,2,x,4", "1,2,nan,4", "1,2,inf,4", "1,9,2,8", "1;2;3;4"],
    )
    def test_is_nothing_else(self, text: str) -> None:
        with pytest.raises(HttpRefusal) as refusal:
            box_of(text)
        assert refusal.value.status_code == 400
        assert [error.field for error in refusal.value.errors] == ["bbox"]


class TestSpan:
    @pytest.mark.parametrize(
        "text",
        [
            "2026-11-23T12:00:00Z",
            "2026-11-23t12:00:00z",
            "2026-11-23T20:00:00+08:00",
            "2026-11-23T20:00:00 08:00",
            "2026-11-23T12:00:00.000Z",
        ],
    )
    def test_of_an_instant_is_that_alone(self, text: str) -> None:
        assert span_of(text) == Span(first=NOON, last=NOON)

    @pytest.mark.parametrize("no_bound", ["", ".."])
    def test_may_be_open_on_one_side(self, no_bound: str) -> None:
        assert span_of(f"2026-11-23T12:00:00Z/{no_bound}") == Span(first=NOON)
        assert span_of(f"{no_bound}/2026-11-23T12:00:00Z") == Span(last=NOON)

    def test_has_both_its_ends(self) -> None:
        text = "2026-11-22T12:00:00Z/2026-11-23T12:00:00Z"
        assert span_of(text) == Span(first=NOON - DAY, last=NOON)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "/",
            "../..",
            "yesterday",
            "2026-11-23",
            "2026-11-23T12:00:00",
            "2026-11-23T12:00:61Z",
            "2026-13-23T12:00:00Z",
            "20261123T120000Z",
            "2026-11-23 12:00:00Z",
            "2026-11-23T12:00:00Z/2026-11-22T12:00:00Z",
            "2026-11-23T12:00:00Z/2026-11-24T12:00:00Z/..",
            "２０２６-11-23T12:00:00Z",
        ],
    )
    def test_is_nothing_else(self, text: str) -> None:
        with pytest.raises(HttpRefusal) as refusal:
            span_of(text)
        assert refusal.value.status_code == 400
        assert [error.field for error in refusal.value.errors] == ["datetime"]

    def test_is_of_this_age(self) -> None:
        with pytest.raises(Invalid):
            span_of("0001-01-01T00:00:00+14:00/..")
