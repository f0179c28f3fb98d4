"""A private PostgreSQL with PostGIS for a benchmark, when the machine has one."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shapely import Polygon

BINARIES = Path("/usr/lib/postgresql")
EXTENSIONS = Path("/usr/share/postgresql")


def find_postgis() -> Path | None:
    """Return the folder of the newest PostgreSQL's programs whose PostGIS is installed."""
    for server in sorted(BINARIES.glob("*/bin"), reverse=True):
        version = server.parent.name
        if (EXTENSIONS / version / "extension" / "postgis.control").exists():
            return server
    return None


@contextmanager
def private_postgis(programs: Path) -> Iterator[Any]:
    """Run a cluster of its own on 127.0.0.1 and give a connection; stop it by its pid."""
    import psycopg2

    folder = Path(tempfile.mkdtemp(prefix="wangge-postgis-"))
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    port = _free_port()
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, user)
        data = folder / "data"
        _run(user, programs / "initdb", "-D", data, "-U", user, "-A", "trust", "--no-sync")
        options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c shared_buffers=512MB"
        _run(
            user,
            programs / "pg_ctl",
            "-D",
            data,
            "-w",
            "-l",
            folder / "log",
            "-o",
            options,
            "start",
        )
        try:
            # Not "with": psycopg2 would open a transaction, in which VACUUM cannot run.
            server = psycopg2.connect(host="127.0.0.1", port=port, user=user, dbname="postgres")
            server.autocommit = True
            server.cursor().execute("CREATE EXTENSION postgis")
            try:
                yield server
            finally:
                server.close()
        finally:
            _run(user, programs / "pg_ctl", "-D", data, "-m", "fast", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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


def _run(user: str, *command: object) -> None:
    prefix = ["runuser", "-u", user, "--"] if os.geteuid() == 0 else []
    subprocess.run(  # noqa: S603 – the programs were found on this machine
        [*prefix, *map(str, command)],
        cwd="/",
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
