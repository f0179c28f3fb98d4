"""One role and one schema a service: made once, kept at every run, closed to the neighbours."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege
from sqlalchemy import make_url

from deploy.postgres import PrivatePostgres
from deploy.provisioning.database import DATABASE, provision_database
from shared.kernel.errors import Invalid
from tests.databases import connected

SERVICES = ("north", "south")


@pytest.fixture
def own_database(postgres: PrivatePostgres) -> Iterator[str]:
    """Give the administrator's URL of a new database."""
    name = f"own-{uuid.uuid4().hex[:12]}"
    with connected(postgres.url) as say:
        say(f'create database "{name}"')
    yield make_url(postgres.url).set(database=name).render_as_string(hide_password=False)
    with connected(postgres.url) as say:
        say(f'drop database "{name}" with (force)')


@pytest.fixture
def someone(postgres: PrivatePostgres, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Give a maker of administrators who are no superusers."""
    made = []

    def make(url: str, rights: str) -> str:
        name = f"admin_{uuid.uuid4().hex[:12]}"
        with connected(url) as say:
            say(f"create role {name} login password 'known' {rights}")
            say(f'grant all on database "{make_url(url).database}" to {name} with grant option')
        made.append((url, name))
        return make_url(url).set(username=name, password="known").render_as_string(False)

    yield make
    for url, name in made:
        with connected(url) as say:
            say(f"drop owned by {name} cascade")
            say(f"drop role {name}")


def table_of(url: str, schema: str) -> None:
    with connected(url) as say:
        say(f"create table {schema}.secret as select 'of {schema}' as word")


class TestProvisionDatabase:
    def test_gives_each_service_a_role_of_its_name(self, own_database: str) -> None:
        urls = provision_database(own_database, SERVICES, {})

        assert list(urls) == list(SERVICES)
        for service, url in urls.items():
            table_of(url, service)
            with connected(url) as say:
                assert say("select user::text") == [(service,)]
                assert say(f"table {service}.secret") == [(f"of {service}",)]

    @pytest.mark.parametrize(
        "statement",
        [
            "select * from south.secret",
            "insert into south.secret values ('x')",
            "drop table south.secret",
            "create table south.mine (a int)",
            "create table public.mine (a int)",
            "create schema mine",
            "create temporary table mine (a int)",
            "set role south",
            "create role mine",
        ],
    )
    def test_keeps_a_service_out_of_anothers_schema(
        self, own_database: str, statement: str
    ) -> None:
        urls = provision_database(own_database, SERVICES, {})
        table_of(urls["south"], "south")

        with (
            connected(urls["north"]) as say,
            pytest.raises(InsufficientPrivilege, match="permission denied"),
        ):
            say(statement)

    def test_lets_no_other_role_in(self, own_database: str, postgres: PrivatePostgres) -> None:
        provision_database(own_database, SERVICES, {})
        name = f"stranger_{uuid.uuid4().hex[:12]}"
        with connected(postgres.url) as say:
            say(f"create role {name} login password 'known'")

        stranger = make_url(own_database).set(username=name, password="known")
        with pytest.raises(psycopg2.OperationalError, match="CONNECT privilege"):
            psycopg2.connect(stranger.render_as_string(hide_password=False))
        with connected(postgres.url) as say:
            say(f"drop role {name}")

    def test_changes_nothing_the_second_time(self, own_database: str) -> None:
        urls = provision_database(own_database, SERVICES, {})
        table_of(urls["north"], "north")

        assert provision_database(own_database, SERVICES, urls) == urls

        with connected(urls["north"]) as say:
            assert say("select word from north.secret") == [("of north",)]

    def test_follows_a_server_that_moved_to_another_port(self, own_database: str) -> None:
        urls = provision_database(own_database, SERVICES, {})
        before = {name: make_url(url).set(port=1, host="old") for name, url in urls.items()}
        known = {name: url.render_as_string(hide_password=False) for name, url in before.items()}

        assert provision_database(own_database, SERVICES, known) == urls

    def test_goes_on_where_it_was_killed_before_anybody_knew_the_passwords(
        self, own_database: str
    ) -> None:
        lost = provision_database(own_database, SERVICES[:1], {})

        urls = provision_database(own_database, SERVICES, {})

        assert urls["north"] != lost["north"]
        for service in SERVICES:
            table_of(urls[service], service)

    def test_may_run_several_times_at_once(self, own_database: str) -> None:
        known = provision_database(own_database, (), {}) | {
            name: f"postgresql://{name}:agreed@h/d" for name in SERVICES
        }
        with ThreadPoolExecutor(4) as pool:
            done = [
                pool.submit(provision_database, own_database, SERVICES, known) for _ in range(4)
            ]

        assert len({tuple(run.result().items()) for run in done}) == 1

    def test_makes_the_database_where_the_url_names_everybodys(
        self, postgres: PrivatePostgres
    ) -> None:
        urls = provision_database(postgres.url, SERVICES, {})

        with connected(urls["north"]) as say:
            assert say("select current_database()::text, 'ä' < 'z'") == [(DATABASE, False)]
        with connected(postgres.url) as say:
            say(f"drop database {DATABASE}")

    def test_makes_roles_as_one_who_may_do_that_and_little_else(
        self, own_database: str, someone: Any
    ) -> None:
        admin = someone(own_database, "createrole")

        # The roles are there from earlier tests; his own he can only make.
        urls = provision_database(admin, ("east", "west"), {})
        again = provision_database(admin, ("east", "west"), urls)

        assert again == urls
        table_of(urls["east"], "east")
        with connected(urls["west"]) as say, pytest.raises(InsufficientPrivilege):
            say("select * from east.secret")

    def test_has_every_service_come_as_an_administrator_who_may_make_no_roles(
        self, own_database: str, someone: Any
    ) -> None:
        admin = someone(own_database, "")

        urls = provision_database(admin, SERVICES, {})

        assert set(urls.values()) == {admin}
        table_of(urls["north"], "north")
        table_of(urls["south"], "south")

    def test_says_what_to_do_when_the_database_cannot_be_made(
        self, postgres: PrivatePostgres, someone: Any
    ) -> None:
        admin = someone(postgres.url, "")

        with pytest.raises(Invalid, match="make one first") as refusal:
            provision_database(admin, SERVICES, {})

        assert "请先建好数据库" in refusal.value.zh
