"""A queue that is there and says nothing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.rabbitmq import PrivateRabbit
from tests.component.running import Running


@contextmanager
def silenced(rabbit: PrivateRabbit, running: Running, queue: str) -> Iterator[None]:
    """Leave a queue as a broker does that was killed while it made it: it is there and says nothing."""
    leader = f"'{running.settings.broker_url.rpartition('/')[2]}_{queue}'"
    rabbit._say(f"sys:suspend({leader}).\n")
    time.sleep(0.2)
    yield
    rabbit._say(f"sys:resume({leader}).\n")
