"""The database's side of provisioning: one role and one schema a service, nothing for everybody.

Everything is done again at every run and changes nothing the second time, so that a run that was
killed half-way is mended by the next.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg2
import structlog
from psycopg2.extensions import encrypt_password
from psycopg2.sql import SQL, Composable, Identifier, Literal
from sqlalchemy import URL, make_url

from deploy.provisioning.trail import make_owner, make_place
from shared.kernel.errors import Invalid

log = structlog.get_logger()

DATABASE = "wangge"
EVERYBODYS_DATABASE = "postgres"


def provision_database(
    admin_url: str, services: Sequence[str], known: Mapping[str, str]
) -> dict[str, str]:
    """Give each service its role and its schema; return its URL by service.

    The database is the one the URL names, or `wangge` where it names `postgres`. The passwords in
    the *known* URLs stay. An administrator who may not make roles is himself every service's user,
    each still in its schema; then nothing but the code keeps them apart.

    Raises:
        Invalid: there is no such database, and the administrator may not make it.
        psycopg2.Error: the server is away.
    """
    admin = make_url(admin_url).set(drivername="postgresql")
    with _session(admin) as say:
        if admin.database == EVERYBODYS_DATABASE:
            _make_database(say, DATABASE)
            admin = admin.set(database=DATABASE)
        urls = _roles(say, admin, services, known)
    with _session(admin) as say:
        roles = {str(url.username) for url in urls.values()}
        _close_to_everybody(say, str(admin.database), roles)
        for service, url in urls.items():
            _make_schema(say, service, owner=str(url.username))
            if url.username == service:
                make_place(say, service)
    return {service: url.render_as_string(hide_password=False) for service, url in urls.items()}


class _Session:
    """A connection on which each statement stands on its own."""

    def __init__(self, url: URL) -> None:
        self.connection = psycopg2.connect(url.render_as_string(hide_password=False))
        self.connection.autocommit = True

    def __call__(self, statement: str, **parts: Composable) -> list[tuple[Any, ...]]:
        """Say a statement with these parts in its braces; return the rows of the answer."""
        cursor = self.connection.cursor()
        cursor.execute(SQL(statement).format(**parts))
        return list(cursor.fetchall()) if cursor.description else []


@contextmanager
def _session(url: URL) -> Iterator[_Session]:
    """Connect; one provisioning at a time."""
    say = _Session(url)
    try:
        say("SELECT pg_advisory_lock(hashtext('wangge provisioning'))")
        yield say
    finally:
        say.connection.close()


def _make_database(say: _Session, name: str) -> None:
    if say("SELECT 1 FROM pg_database WHERE datname = {name}", name=Literal(name)):
        return
    try:
        # Text sorts by code, as in SQLite and in Python.
        say(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'",
            name=Identifier(name),
        )
    except psycopg2.errors.InsufficientPrivilege:
        raise Invalid(
            code="database_not_made",
            zh=f"该用户无权建立数据库 {name}；请先建好数据库，并在管理 URL 中写明其名称。",
            en=f"This user may not make the database {name}; make one first and name it in the administrator's URL.",
        ) from None


def _roles(
    say: _Session, admin: URL, services: Sequence[str], known: Mapping[str, str]
) -> dict[str, URL]:
    """Make the services' roles, as far as the administrator may; return their URLs."""
    [(may_make_roles, is_superuser)] = say(
        "SELECT rolcreaterole OR rolsuper, rolsuper FROM pg_roles WHERE rolname = user"
    )
    if not may_make_roles:
        log.warning("one_role_for_all_services", role=admin.username)
        return dict.fromkeys(services, admin)
    make_owner(say, is_superuser=is_superuser)
    urls = {}
    for service in services:
        password = _known_password(service, known) or secrets.token_urlsafe(24)
        _make_role(say, service, password)
        if not is_superuser:
            # Only a member of a role may give it a schema.
            say("GRANT {role} TO CURRENT_USER", role=Identifier(service))
        urls[service] = admin.set(username=service, password=password)
    return urls


def _known_password(service: str, known: Mapping[str, str]) -> str | None:
    url = make_url(known[service]) if service in known else None
    # Before the administrator could make roles, all services had his password.
    return str(url.password) if url is not None and url.username == service else None


def _make_role(say: _Session, name: str, password: str) -> None:
    is_known = say("SELECT 1 FROM pg_roles WHERE rolname = {name}", name=Literal(name))
    # Hashed here, so that no log of the server can hold it.
    hashed = encrypt_password(password, name, scope=say.connection, algorithm="scram-sha-256")
    say(
        f"{'ALTER' if is_known else 'CREATE'} ROLE {{role}} LOGIN PASSWORD {{hashed}}",
        role=Identifier(name),
        hashed=Literal(hashed),
    )


def _close_to_everybody(say: _Session, database: str, roles: Iterable[str]) -> None:
    name = Identifier(database)
    say("REVOKE ALL ON DATABASE {name} FROM PUBLIC", name=name)
    say("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    for role in roles:
        say("GRANT CONNECT ON DATABASE {name} TO {role}", name=name, role=Identifier(role))


def _make_schema(say: _Session, name: str, *, owner: str) -> None:
    schema, role = Identifier(name), Identifier(owner)
    say("CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {role}", schema=schema, role=role)
    say("REVOKE ALL ON SCHEMA {schema} FROM PUBLIC", schema=schema)
