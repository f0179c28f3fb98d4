"""A private PostgreSQL for the tests, if it is installed."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from deploy.postgres import PrivatePostgres, find_postgres

NO_POSTGRES = "no PostgreSQL on this machine; to run this, install the package postgresql"
needs_postgres = pytest.mark.skipif(find_postgres() is None, reason=NO_POSTGRES)


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """Give a folder that PostgreSQL's own user reaches; pytest's are for the user who runs it."""
    folder = Path(tempfile.mkdtemp(prefix="wangge-postgres-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def connected(url: str) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    """Connect and give a way to say statements, each kept at once."""
    connection = psycopg2.connect(url)
    connection.autocommit = True

    def say(statement: str) -> list[tuple[Any, ...]]:
        cursor = connection.cursor()
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []

    try:
        yield say
    finally:
        connection.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    """Start a private PostgreSQL for the whole session."""
    if find_postgres() is None:
        pytest.skip(NO_POSTGRES)
    with reachable_folder() as folder, PrivatePostgres().start(folder, fast=True) as postgres:
        yield postgres
