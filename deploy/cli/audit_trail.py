"""The audit trails in the databases: taken out as lines of JSON, and where they end."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import orjson
from sqlalchemy import Connection

from deploy.cli import screen
from deploy.cli.databases import chosen_settings, known_services, naming_service
from deploy.cli.whole_file import written_whole
from shared.runtime import audit
from shared.runtime.database import ServiceDatabase


def export(service: str, to: Path) -> None:
    """Write the trail of *service* into a file, whole or not at all.

    Raises:
        CannotDo: the service is unknown, its database is away, or the file cannot be written.
    """
    [service] = known_services([service])
    rows = 0
    with _reading(service) as connection, written_whole(to) as file:
        for row in audit.trail(connection):
            file.write(orjson.dumps(row, option=orjson.OPT_SORT_KEYS) + b"\n")
            rows += 1
    screen.show(f"{service}: {rows} 条 · rows → {to}")


def show_heads(services: Sequence[str]) -> None:
    """Show number and digest of the last row of each trail.

    Raises:
        CannotDo: as for `export`.
    """
    for service in known_services(services):
        with _reading(service) as connection:
            number, digest = audit.head(connection)
        screen.show(f"{service} {number}:{digest}")


@contextmanager
def _reading(service: str) -> Iterator[Connection]:
    with (
        naming_service(service),
        closing(ServiceDatabase(chosen_settings(), service)) as database,
        database.reading() as connection,
    ):
        yield connection
