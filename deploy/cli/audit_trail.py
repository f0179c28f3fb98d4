"""The audit trails in the databases: taken out as lines of JSON, and where they end."""

from collections.abc import Sequence
from pathlib import Path

import orjson

from deploy.cli import screen
from deploy.cli.databases import known_services, reaching
from deploy.cli.whole_file import written_whole
from shared.runtime import audit


def export(service: str, to: Path) -> None:
    """Write the trail of *service* into a file, whole or not at all.

    Raises:
        CannotDo: the service is unknown, its database is away, or the file cannot be written.
    """
    [service] = known_services([service])
    rows = 0
    with (
        reaching(service) as database,
        database.reading() as connection,
        written_whole(to) as file,
    ):
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
        with reaching(service) as database, database.reading() as connection:
            number, digest = audit.head(connection)
        screen.show(f"{service} {number}:{digest}")
