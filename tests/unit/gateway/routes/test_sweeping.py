"""What is kept no longer is thrown away again and again, whatever goes wrong."""

import asyncio

from services.gateway.routes.sweeping import Sweeper
from tests.unit.gateway.loop import run


def test_what_could_not_be_swept_is_swept_the_next_time() -> None:
    tried: list[int] = []

    async def sweep() -> None:
        tried.append(len(tried))
        if len(tried) == 1:
            raise OSError("away")

    async def swept_twice() -> None:
        sweeper = Sweeper("things", sweep, every_s=0)
        sweeper.start()
        while len(tried) < 2:
            await asyncio.sleep(0)
        sweeper.stop()

    run(asyncio.wait_for(swept_twice(), timeout=5))
