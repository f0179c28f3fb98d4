"""Both databases for the tests: SQLite files, and a private PostgreSQL if it is installed.

What a test needs is filled once into a mould and poured for each test: a copied file, or a database
made of a template.
"""

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg2
import pytest
from sqlalchemy import make_url

from deploy.postgres import PrivatePostgres, find_postgres
from deploy.provisioning.credentials import keep_urls
from deploy.provisioning.database import provision_database
from deploy.services import WITH_TABLES
from shared.runtime.keyring import KeyFile
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
    try:
        yield folder
    finally:
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


@dataclass(frozen=True, slots=True)
class Mould:
    """What the databases of some services hold; *fill* makes it in a folder that is given."""

    name: str
    services: tuple[str, ...]
    fill: Fill


# A schema for each service, and nothing in it.
EMPTY = Mould("empty", WITH_TABLES, lambda _: None)


class Moulds(Protocol):
    """Databases filled once each and given to many tests."""

    def pour(self, mould: Mould, data: Path) -> None:
        """Give the data folder databases of its own, with what the mould holds."""
        ...

    def throw_away(self, data: Path) -> None:
        """Remove what was poured for that folder, where it lies elsewhere."""
        ...


class SqliteMoulds:
    """Folders of files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def pour(self, mould: Mould, data: Path) -> None:
        filled = self._folder / mould.name
        if not filled.exists():
            filled.mkdir()
            mould.fill(filled)
        for file in filled.glob("*.sqlite"):
            shutil.copy(file, data / file.name)

    def throw_away(self, data: Path) -> None:
        """Leave it to the one who removes the folder."""


class PostgresMoulds:
    """Databases of one server, of which new ones are made."""

    def __init__(self, postgres: PrivatePostgres, folder: Path) -> None:
        self._url = postgres.url
        self._folder = folder
        self._filled: set[str] = set()
        self._poured: dict[Path, list[str]] = {}

    def pour(self, mould: Mould, data: Path) -> None:
        self._have(mould)
        poured = f"{mould.name}-{uuid.uuid4().hex[:12]}"
        with connected(self._url) as say:
            say(f'CREATE DATABASE "{poured}" TEMPLATE "{mould.name}"')
        self._poured.setdefault(data, []).append(poured)
        admin = make_url(self._url).set(database=poured)
        urls = {name: admin.set(username=name, password=name) for name in mould.services}
        self._give(data, {service: _text(url) for service, url in urls.items()})

    def throw_away(self, data: Path) -> None:
        with connected(self._url) as say:
            for poured in self._poured.pop(data, []):
                say(f'DROP DATABASE "{poured}" WITH (FORCE)')

    def _have(self, mould: Mould) -> None:
        if mould.name in self._filled:
            return
        with connected(self._url) as say:
            say(f"CREATE DATABASE \"{mould.name}\" TEMPLATE template0 LC_COLLATE 'C'")
        folder, services = self._folder / mould.name, mould.services
        urls = provision_database(self._admin_of(mould.name), services, _known(services))
        self._give(folder, urls)
        mould.fill(folder)
        self._filled.add(mould.name)

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
    """Give settings with a keyring, under which each service has a schema of its own and nothing in it."""
    data = tmp_path / "empty"
    postgresql_moulds.pour(EMPTY, data)
    settings = Settings(data=data, credentials=data / CREDENTIALS)
    KeyFile(settings.keyring_file).make()
    yield settings
    postgresql_moulds.throw_away(data)
