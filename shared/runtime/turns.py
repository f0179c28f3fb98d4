"""So many at once; who comes after waits a moment, and is then told that too much is asked."""

import asyncio

from shared.kernel.errors import Unavailable

PATIENCE_S = 5.0


class Turns:
    """Lets so many into its block at once; the others wait on the loop."""

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)

    async def __aenter__(self) -> None:
        """Wait for a turn.

        Raises:
            Unavailable: none came in time.
        """
        if not self._free.locked():
            await self._free.acquire()
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._free.acquire()
        except TimeoutError:
            raise overloaded() from None

    async def __aexit__(self, *_: object) -> None:
        self._free.release()


def overloaded() -> Unavailable:
    return Unavailable(
        code="overloaded",
        zh="请求过多，请稍后再试。",
        en="Too much is asked at once; try again in a moment.",
    )
