"""Consumers that come back soon after their broker does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.mixins import ConsumerMixin

FIRST_WAIT_S, LONGER_BY_S, LONGEST_WAIT_S = 0.2, 0.4, 2.0


class StaysConnected(ConsumerMixin):
    """Looks for a broker that is away every two seconds.

    kombu waits up to half a minute between two tries, and then the broker waits for the consumer.
    """

    @contextmanager
    def establish_connection(self) -> Iterator[Any]:
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error,
                self.connect_max_retries,
                interval_start=FIRST_WAIT_S,
                interval_step=LONGER_BY_S,
                interval_max=LONGEST_WAIT_S,
            )
            yield connection
