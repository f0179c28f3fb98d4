"""Both databases for the tests: SQLite files, and a private PostgreSQL if it is installed.

What a test needs is filled once into a mould and poured for each test: a copied file, or a database
made of a template.
"""

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg2
import pytest
from sqlalchemy import make_url

from deploy.postgres import PrivatePostgres, find_postgres
from deploy.provisioning.credentials import keep_urls
from deploy.provisioning.database import provision_database
from shared.runtime.settings import Settings

NO_POSTGRES = "no PostgreSQL on this machine; to run this, install the package postgresql"
needs_postgres = pytest.mark.skipif(find_postgres() is None, reason=NO_POSTGRES)
CREDENTIALS = "credentials.json"

Fill = Callable[[Path], None]


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


class Moulds(Protocol):
    """Databases filled once each, under a name, and given to many tests."""

    def fill(self, name: str, services: tuple[str, ...], fill: Fill) -> None:
        """Have the mould *name*; *fill* is called the first time, with a folder of its own."""
        ...

    def pour(self, name: str, data: Path, services: tuple[str, ...]) -> None:
        """Give the data folder databases of its own, with what the mould holds."""
        ...

    def throw_away(self) -> None:
        """Remove what was poured, where that is not in the test's folder."""
        ...


class SqliteMoulds:
    """Folders of files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fill(self, name: str, services: tuple[str, ...], fill: Fill) -> None:
        if not (self._folder / name).exists():
            (self._folder / name).mkdir()
            fill(self._folder / name)

    def pour(self, name: str, data: Path, services: tuple[str, ...]) -> None:
        for service in services:
            shutil.copy(self._folder / name / f"{service}.sqlite", data / f"{service}.sqlite")

    def throw_away(self) -> None:
        """Leave it to the one who removes the test's folder."""


class PostgresMoulds:
    """Databases of one server, of which new ones are made."""

    def __init__(self, postgres: PrivatePostgres, folder: Path) -> None:
        self._url = postgres.url
        self._folder = folder
        self._filled: set[str] = set()
        self._poured: list[str] = []

    def fill(self, name: str, services: tuple[str, ...], fill: Fill) -> None:
        if name in self._filled:
            return
        with connected(self._url) as say:
            say(f"CREATE DATABASE \"{name}\" TEMPLATE template0 LC_COLLATE 'C'")
        folder = self._folder / name
        self._give(folder, provision_database(self._admin_of(name), services, _known(services)))
        fill(folder)
        self._filled.add(name)

    def pour(self, name: str, data: Path, services: tuple[str, ...]) -> None:
        poured = f"{name}-{uuid.uuid4().hex[:12]}"
        with connected(self._url) as say:
            say(f'CREATE DATABASE "{poured}" TEMPLATE "{name}"')
        self._poured.append(poured)
        admin = make_url(self._url).set(database=poured)
        urls = {service: admin.set(username=service, password=service) for service in services}
        self._give(data, {service: _text(url) for service, url in urls.items()})

    def throw_away(self) -> None:
        with connected(self._url) as say:
            while self._poured:
                say(f'DROP DATABASE "{self._poured.pop()}" WITH (FORCE)')

    def _give(self, data: Path, urls: dict[str, str]) -> None:
        keep_urls(data / CREDENTIALS, "database_url", urls)

    def _admin_of(self, database: str) -> str:
        return _text(make_url(self._url).set(database=database))


def _known(services: tuple[str, ...]) -> dict[str, str]:
    """Return passwords that all moulds agree on: roles are the server's, not a database's."""
    return {service: f"postgresql://{service}:{service}@localhost/x" for service in services}


def _text(url: Any) -> str:
    return str(url.render_as_string(hide_password=False))


@pytest.fixture(scope="session")
def sqlite_moulds(tmp_path_factory: pytest.TempPathFactory) -> SqliteMoulds:
    return SqliteMoulds(tmp_path_factory.mktemp("moulds"))


@pytest.fixture(scope="session")
def postgresql_moulds(
    postgres: PrivatePostgres, tmp_path_factory: pytest.TempPathFactory
) -> PostgresMoulds:
    return PostgresMoulds(postgres, tmp_path_factory.mktemp("postgresql-moulds"))


@pytest.fixture
def empty_schemas(postgresql_moulds: PostgresMoulds, tmp_path: Path) -> Iterator[Settings]:
    """Give settings under which each service has a schema of its own with nothing in it."""
    services = ("gateway", "grid", "patrol", "command")
    postgresql_moulds.fill("empty", services, lambda _: None)
    data = tmp_path / "empty"
    postgresql_moulds.pour("empty", data, services)
    yield Settings(data=data, credentials=data / CREDENTIALS)
    postgresql_moulds.throw_away()
