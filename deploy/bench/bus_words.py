"""The event that this bench tells and hears, and the tables of its two services."""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import Column, Integer, MetaData, String, Table

from shared.contracts.event import event
from shared.runtime.database import ServiceDatabase
from shared.runtime.settings import Settings
from shared.runtime.tables import add_machinery

EVENT_TYPE = "teller.word.said.v1"
AGGREGATES = 200

metadata = MetaData()
add_machinery(metadata)
heard = Table(
    "heard",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("number", Integer, nullable=False),
    Column("word", String(40), nullable=False),
)


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class WordSaid:
    """Somebody said a word."""

    event_type: ClassVar[str] = EVENT_TYPE
    aggregate: ClassVar[str] = "who"

    who: str
    number: int
    word: str


def make_tables(database_url: str, service: str) -> None:
    """Make the tables of a service of this bench."""
    database = ServiceDatabase(Settings(database_url=database_url), service)
    with database.writing() as connection:
        metadata.create_all(connection)
    database.close()
