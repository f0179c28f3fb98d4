"""The catalogue of categories."""

from functools import cache

from sqlalchemy import select

from services.patrol.store.tables import category_table
from shared.runtime.database import ServiceDatabase


class Catalogue:
    """The codes of the categories, remembered: codes are added and never taken away."""

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database
        self._codes: frozenset[str] = frozenset()

    def has(self, code: str) -> bool:
        if code not in self._codes:
            with self._database.reading() as connection:
                self._codes = frozenset(connection.scalars(select(category_table.c.code)))
        return code in self._codes


@cache
def catalogue_of(database: ServiceDatabase) -> Catalogue:
    return Catalogue(database)
