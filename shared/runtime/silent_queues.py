"""A queue may be there and not answer, and whoever waits for it waits for ever.

RabbitMQ 3.10 brings a quorum queue back without a leader when it is killed in the moment in which it
makes it; and in a cluster a queue is silent while most of its members are away.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import eventlet

ANSWERS_WITHIN_S = 5.0


class QueueSilent(Exception):
    """A queue does not answer. No `OSError`, for which kombu would try again and wait again."""


@contextmanager
def answering_in_time() -> Iterator[None]:
    """Raise `QueueSilent` when what is done here takes longer than a queue may."""
    with eventlet.Timeout(ANSWERS_WITHIN_S, QueueSilent):
        yield
