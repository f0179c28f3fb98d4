"""Cursors: text a client hands back unread, and refusals for those not made here."""

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.errors import Invalid
from shared.runtime.cursor import cursor_of, keys_of, page_size

KEYS = st.lists(
    st.one_of(st.text(), st.integers(-(2**53), 2**53), st.none(), st.booleans()), max_size=4
)


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


class TestCursor:
    @given(KEYS)
    def test_gives_back_the_keys_it_was_made_of(self, keys: list[object]) -> None:
        cursor = cursor_of(*keys)

        assert keys_of(cursor, len(keys)) == keys

    @given(KEYS)
    def test_may_stand_in_a_url_as_it_is(self, keys: list[object]) -> None:
        assert set(cursor_of(*keys)) <= set(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        )

    @pytest.mark.parametrize(
        "cursor",
        [
            "",
            "x",
            "????",
            "游标",
            encoded("{}"),
            encoded('"ab"'),
            encoded("[1]"),
            encoded("[1, 2, 3]"),
            encoded("[1, 2"),
            encoded("[" * 10_000),
            base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        ],
    )
    def test_refuses_one_that_was_not_made_here(self, cursor: str) -> None:
        with pytest.raises(Invalid) as refusal:
            keys_of(cursor, 2)

        [error] = refusal.value.errors
        assert error.field == "cursor"
        assert "next_cursor" in error.en
        assert "next_cursor" in error.zh

    @given(st.text(max_size=40))
    def test_refuses_or_reads_whatever_comes(self, cursor: str) -> None:
        with contextlib.suppress(Invalid):
            assert len(keys_of(cursor, 1)) == 1


class TestPageSize:
    @pytest.mark.parametrize("limit", [1, 50, 200])
    def test_is_what_was_asked_for(self, limit: int) -> None:
        assert page_size(limit) == limit

    @pytest.mark.parametrize("limit", [-1, 0, 201, 10**9])
    def test_refuses_too_few_and_too_many(self, limit: int) -> None:
        with pytest.raises(Invalid) as refusal:
            page_size(limit)

        assert [error.field for error in refusal.value.errors] == ["limit"]
