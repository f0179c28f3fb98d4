"""A private PostgreSQL with PostGIS for a benchmark, when the machine has one."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from shapely import Polygon

from deploy.postgres import PrivatePostgres, find_postgres

EXTENSIONS = Path("/usr/share/postgresql")


def find_postgis() -> Path | None:
    """Return the folder of the newest PostgreSQL's programs, if its PostGIS is installed."""
    server = find_postgres()
    if server is None:
        return None
    control = EXTENSIONS / server.parent.name / "extension" / "postgis.control"
    return server if control.exists() else None


@contextmanager
def private_postgis() -> Iterator[Any]:
    """Run a cluster of its own on 127.0.0.1 and give a connection."""
    with tempfile.TemporaryDirectory(prefix="wangge-postgis-") as made:
        folder = Path(made)
        folder.chmod(0o711)  # PostgreSQL may run as another user
        with (
            PrivatePostgres().start(folder, fast=True) as postgres,
            # Not "with" the connection itself: that opens a transaction, in which VACUUM cannot run.
            closing(psycopg2.connect(postgres.url)) as server,
        ):
            server.autocommit = True
            server.cursor().execute("CREATE EXTENSION postgis")
            yield server


def load_cells(server: Any, cells: Sequence[Polygon]) -> None:
    """Fill the table `cell` with the cells, indexed, and prepare the look-up `locate`."""
    cursor = server.cursor()
    cursor.execute("DROP TABLE IF EXISTS cell; DEALLOCATE ALL")
    cursor.execute("CREATE TABLE cell (id int, outline geometry(Polygon, 4326))")
    for first in range(0, len(cells), 1000):
        rows = [(first + n, cell.wkb) for n, cell in enumerate(cells[first : first + 1000])]
        values = b",".join(
            cursor.mogrify("(%s, ST_SetSRID(ST_GeomFromWKB(%s), 4326))", row) for row in rows
        )
        cursor.execute(b"INSERT INTO cell VALUES " + values)
    cursor.execute("CREATE INDEX ON cell USING gist (outline)")
    cursor.execute("VACUUM ANALYZE cell")
    cursor.execute(
        "PREPARE locate (float8, float8) AS SELECT id FROM cell "
        "WHERE ST_Intersects(outline, ST_SetSRID(ST_MakePoint($1, $2), 4326)) LIMIT 1"
    )
