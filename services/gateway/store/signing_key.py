"""The key that all copies of the edge share: they take each other's tokens."""

import secrets

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from services.gateway.store.tables import signing_key_table
from shared.kernel.clock import china_now
from shared.runtime.database import ServiceDatabase

_ONLY_KEY = 1


class SigningKey:
    """Made by whoever asks first, the same for all after. `fetch` comes before any transaction."""

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database
        self.secret = ""

    def fetch(self) -> None:
        """Have the key at hand."""
        if not self.secret:
            self.secret = self._kept() or self._new()

    def _kept(self) -> str | None:
        with self._database.reading() as connection:
            return connection.scalar(
                select(signing_key_table.c.secret).where(signing_key_table.c.id == _ONLY_KEY)
            )

    def _new(self) -> str:
        secret = secrets.token_hex(32)
        try:
            with self._database.writing() as connection:
                connection.execute(
                    insert(signing_key_table).values(
                        id=_ONLY_KEY, secret=secret, made_at=china_now()
                    )
                )
        except IntegrityError:
            # Another copy of the edge was first; its key is everybody's.
            return self._kept() or secret
        return secret
