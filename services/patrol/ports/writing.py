"""What every use case writes through."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from shared.contracts.event import Event


class Outbox(Protocol):
    """Events put here leave when the transaction is kept, and not otherwise."""

    def put(
        self, told: Event, *, occurred_at: datetime | None = None, unnamed: bool = False
    ) -> None:
        """Put an event; *unnamed* keeps the caller's account out of its envelope."""
        ...


class Transaction(Protocol):
    """What is written inside is kept whole, with the answer to the command, or not at all."""

    def begin(self) -> AbstractContextManager[None]: ...
