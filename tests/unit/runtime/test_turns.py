"""So many at once, and the others wait a moment."""

import asyncio

import pytest

from shared.kernel.errors import Unavailable
from shared.runtime import turns
from shared.runtime.turns import Turns
from tests.unit.gateway.loop import run


def test_no_more_than_so_many_are_in_at_once() -> None:
    inside: list[int] = []
    most = 0

    async def enter(turns: Turns) -> None:
        nonlocal most
        async with turns:
            inside.append(1)
            most = max(most, len(inside))
            await asyncio.sleep(0.001)
            inside.pop()

    async def story() -> None:
        turns = Turns(3)
        await asyncio.gather(*(enter(turns) for _ in range(20)))

    run(story())
    assert most == 3


def test_who_waits_too_long_is_told_that_too_much_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 0.02)

    async def story() -> None:
        turns = Turns(1)
        async with turns:
            with pytest.raises(Unavailable) as refusal:
                async with turns:
                    raise AssertionError("two at once")
            assert refusal.value.code == "overloaded"
        async with turns:
            pass

    run(story())
