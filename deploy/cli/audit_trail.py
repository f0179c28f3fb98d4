"""The audit trails in the databases: taken out as lines of JSON, and where they end."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from deploy.cli import screen
from deploy.cli.databases import known_services, reaching
from deploy.cli.whole_file import cannot_write, written_whole
from shared.runtime import anchors, audit
from shared.runtime.anchors import Anchor


def export(services: Sequence[str], to: Path) -> None:
    """Write the trail of one service into a file, or those of several into a folder, each whole or not at all.

    Raises:
        CannotDo: a service is unknown, its database is away, or the file cannot be written.
    """
    wanted = known_services(services)
    if len(wanted) == 1 and not to.is_dir():
        _export(wanted[0], to)
        return
    try:
        to.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(to, error) from None
    for service in wanted:
        _export(service, to / f"{service}.jsonl")


def _export(service: str, to: Path) -> None:
    with reaching(service) as database, database.reading() as connection:
        rows = write_rows(audit.trail(connection), to)
    screen.show(f"{service}: {rows} 条 · rows → {to}")


def write_rows(rows: Iterable[Mapping[str, Any]], to: Path) -> int:
    """Write rows as lines of JSON; return how many there were."""
    count = 0
    with written_whole(to) as file:
        for row in rows:
            file.write(orjson.dumps(row, option=orjson.OPT_SORT_KEYS) + b"\n")
            count += 1
    return count


def kept_anchors() -> list[Anchor]:
    """Return the anchors that services keep of each other's trails.

    Raises:
        CannotDo: a database is away.
    """
    found: list[Anchor] = []
    for keeper in known_services([]):
        with reaching(keeper) as database, database.reading() as connection:
            # What a service keeps of its own proves nothing.
            found += [each for each in anchors.kept(connection) if each.service != keeper]
    return found


def show_heads(services: Sequence[str]) -> None:
    """Show number and digest of the last row of each trail.

    Raises:
        CannotDo: as for `export`.
    """
    for service in known_services(services):
        with reaching(service) as database, database.reading() as connection:
            number, digest = audit.head(connection)
        screen.show(f"{service} {number}:{digest}")
